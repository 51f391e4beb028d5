package main

import (
	"debug/buildinfo"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// made is what a run of 32 rounds would find on a machine that moves by a third
// between rounds, when windows differ by noise within them. worse is by how much
// the present binary is worse: a factor for each of CPU, p50, p99 and memory.
func made(random *rand.Rand, noise float64, worse [4]float64) *comparison {
	load, late := samples{}, delays{}
	const name = "meshhop run"
	for range 32 {
		machine := 1 + random.Float64()/3
		for _, who := range []string{name, beforeName(name), againName(name)} {
			value := func(i int) float64 {
				v := 1000 * machine * (1 + noise*random.NormFloat64())
				if who != beforeName(name) {
					v *= worse[i]
				}
				return v
			}
			load[who] = append(load[who], sample{requests: 100, cpu: time.Duration(value(0) * 1e5), memory: int64(value(3) * 1e5)})
			late[who] = append(late[who], delay{p50: value(1), p99: value(2)})
		}
	}
	return compare([]*candidate{{name: name, binary: true}, {name: beforeName(name)}, {name: againName(name)}}, load, late)
}

// A binary that is 5 % worse is found where windows differ by 1 %, in whichever row
// it is, and in no other.
func TestWorseIsFound(t *testing.T) {
	whats := []string{"meshhop run: CPU us/request", "meshhop run: p50 us", "meshhop run: p99 us", "meshhop run: memory MiB"}
	for seed := range uint64(50) {
		for i, what := range whats {
			worse := [4]float64{1, 1, 1, 1}
			worse[i] = 1.05
			c := made(rand.New(rand.NewPCG(seed, uint64(i))), 0.01, worse)
			if len(c.Rows) != len(whats) {
				t.Fatalf("%d rows, want %d", len(c.Rows), len(whats))
			}
			for j, row := range c.Rows {
				if row.What != whats[j] || row.Worse != (i == j) {
					t.Errorf("seed %d: 5 %% worse in %s: %+v", seed, what, row)
				}
			}
			if said := c.verdict(); !strings.HasPrefix(said, "No row is worse by more than 2 % plus the noise: no ("+what+", 1.0") {
				t.Errorf("seed %d: 5 %% worse in %s: %s", seed, what, said)
			}
		}
	}
}

// Noise is not taken for worse, nor is better, and 1 % is tolerated.
func TestNoiseIsNotWorse(t *testing.T) {
	for seed := range uint64(50) {
		for _, noise := range []float64{0, 0.01, 0.05, 0.2} {
			for _, factor := range []float64{0.5, 1, 1.01} {
				c := made(rand.New(rand.NewPCG(seed, 0)), noise, [4]float64{factor, factor, factor, factor})
				if said := c.verdict(); !strings.HasPrefix(said, "No row is worse by more than 2 % plus the noise: yes\n") {
					t.Errorf("seed %d: noise %v, factor %v: %s", seed, noise, factor, said)
				}
			}
		}
	}
}

func TestComparisonText(t *testing.T) {
	c := comparison{Binary: "/old/meshhop", BuiltOtherwise: []string{`Go was "go1.25", is "go1.26"`}, Rounds: 8, Rows: []comparisonRow{
		{What: "meshhop run: CPU us/request", Before: spread{29, 30, 31}, Now: spread{32, 33, 34},
			ToBefore: interval{1.09, 1.1, 1.11}, ToAgain: interval{0.99, 1, 1.01}, AtMost: 1.03, Worse: true},
		{What: "meshhop run: p99 us", Before: spread{500, 600, 800}, Now: spread{500, 600, 800},
			ToBefore: interval{0.9, 1, 1.1}, ToAgain: interval{0.9, 1, 1.1}, AtMost: 1.12},
	}}
	var b strings.Builder
	c.print(&b)
	const want = `
now and before                            before                  now           now/before        now/now (A/A)  at most
meshhop run: CPU us/request     30.0 (29.0-31.0)     33.0 (32.0-34.0)  1.100 (1.090-1.110)  1.000 (0.990-1.010)    1.030
meshhop run: p99 us          600.0 (500.0-800.0)  600.0 (500.0-800.0)  1.000 (0.900-1.100)  1.000 (0.900-1.100)    1.120

Before is /old/meshhop. Ratios are medians of the rounds' (95 % intervals of the median).
It was built otherwise: Go was "go1.25", is "go1.26".
A binary does not tell its allocations: go test's allocation tests compare those.
No row is worse by more than 2 % plus the noise: no (meshhop run: CPU us/request, 1.100 > 1.030)
There was too much noise to find 5 % in: meshhop run: p99 us
8 rounds are too few to believe it; 32 are enough.
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Beside a binary both twins run, with its collector and rate, and all three at a
// fixed rate, too; the others stay as they are.
func TestTwins(t *testing.T) {
	names := func(o options) (all []string) {
		for _, c := range o.candidates() {
			all = append(all, c.name)
			if strings.HasPrefix(c.name, "meshhop run") && (!c.throughput || c.latency != (o.before != "") || c.rate != 1 || c.collector.name == "") {
				t.Errorf("%+v", c)
			}
		}
		return all
	}
	const name = "meshhop run, 100 %"
	alone := names(options{})
	three := []string{name, name + ", before", name + ", again"}
	if got := names(options{before: "x", onlyBefore: true}); !slices.Equal(got, three) {
		t.Errorf("alone %q, want %q", got, three)
	}
	i := slices.Index(alone, name)
	if got, want := names(options{before: "x"}), slices.Concat(alone[:i], three, alone[i+1:]); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The twin from before is the binary that -before names, run with the file of the
// present one. What is not a Go program is said to be none.
func TestBeforeRunsTheBinary(t *testing.T) {
	if err := kernelReadable(); err != nil {
		t.Skip(err)
	}
	binary := filepath.Join(t.TempDir(), "meshhop")
	const script = "#!/bin/sh\ntest \"$1\" = run && grep -q 'label: bench' \"$2\" || exit 1\necho router bench http://127.0.0.1:1\necho ready\nexec cat\n"
	if err := os.WriteFile(binary, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	field := options{before: binary, onlyBefore: true}.candidates()
	s := site{dir: t.TempDir(), job: job{Backend: "127.0.0.1:1", Collector: "127.0.0.1:1"}}
	p, addr, err := field[1].start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop(closeTime, nil)
	if p.cmd.Path != binary || addr != "127.0.0.1:1" {
		t.Errorf("%s runs at %s", p.cmd.Path, addr)
	}
	self := &process{cmd: &exec.Cmd{Path: os.Args[0]}}
	field[0].process, field[1].process, field[2].process = self, p, self
	if got := builtOtherwise(field); len(got) != 1 || !strings.Contains(got[0], binary) {
		t.Errorf("%s was built otherwise: %q", binary, got)
	}
	field[1].process = self
	if got := builtOtherwise(field); got != nil {
		t.Errorf("the same was built otherwise: %q", got)
	}
}

// Another commit is not another way of building; another toolchain is.
func TestSettingsChanged(t *testing.T) {
	was := &buildinfo.BuildInfo{GoVersion: "go1.25", Settings: []debug.BuildSetting{
		{Key: "GOAMD64", Value: "v1"}, {Key: "-trimpath", Value: "true"}, {Key: "vcs.revision", Value: "a"}}}
	is := &buildinfo.BuildInfo{GoVersion: "go1.26", Settings: []debug.BuildSetting{
		{Key: "GOAMD64", Value: "v1"}, {Key: "-race", Value: "true"}, {Key: "vcs.revision", Value: "b"}}}
	want := []string{`-race was "", is "true"`, `Go was "go1.25", is "go1.26"`}
	if got := settingsChanged(was, is); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := settingsChanged(is, is); got != nil {
		t.Errorf("of the same: %q", got)
	}
}

// The commands that the documents give are ones.
func TestDocumentedCommands(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("go run -C examples/bench \\.([^`#\n]*)")
	compares := map[string]bool{}
	for _, file := range []string{"README.md", "main.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := command.FindAllStringSubmatch(string(text), -1)
		if len(all) == 0 {
			t.Errorf("%s has no command", file)
		}
		for _, m := range all {
			o, err := parseOptions(strings.Fields(strings.ReplaceAll(m[1], "/tmp/before", self)), t.Output())
			if err != nil {
				t.Errorf("%s: %s: %v", file, m[0], err)
			}
			if o.before == self && o.onlyBefore && o.rounds >= roundsEnough {
				compares[file] = true
			}
		}
	}
	if len(compares) != 2 {
		t.Errorf("a command that compares is only in %v", compares)
	}
}

func TestCurve(t *testing.T) {
	want := []string{"hop (h1), untraced", "hop (h1), 0 %", "hop (h1), 0.1 %", "hop (h1), 1 %", "hop (h1), 10 %", "hop (h1), 100 %", "hop (h1), 0 %, keep"}
	var got []string
	for _, c := range (options{onlySampling: true}).candidates() {
		got = append(got, c.name)
		if !c.latency || !c.throughput || (c.collector.name == "") != (c.name == want[0]) || c.keeps != strings.HasSuffix(c.name, "keep") {
			t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestWatched(t *testing.T) {
	want := []string{"hop (h1), untraced", "hop (h1), untraced, again", "hop (h1), untraced, dashboard", "hop (h1), untraced, access log", "hop (h1), untraced, dashboard, access log"}
	var got []string
	for _, c := range (options{onlyDashboard: true}).candidates() {
		got = append(got, c.name)
		if !c.throughput || c.latency || c.rate != 0 || c.dashboard != strings.Contains(c.name, "dashboard") || c.logs != strings.Contains(c.name, "log") {
			t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
