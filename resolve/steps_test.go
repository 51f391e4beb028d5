package resolve_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
)

// blocks and inlines are the dtabs of YAML files, as they are mostly written.
var (
	blocks  = regexp.MustCompile(`(?m)^( *)(?:- +)?(?:baseDtab|dtab): *[|>][-+]? *(?:#.*)?\n((?:(?: +.*)?\n)+)`)
	inlines = regexp.MustCompile(`(?m)^ *(?:- +)?(?:baseDtab|dtab): *["']?(/[^|>"'\n]*)`)
)

// dtabsOf finds the dtabs of a file.
func dtabsOf(text string) (all []resolve.Dtab) {
	for _, m := range blocks.FindAllStringSubmatch(text, -1) {
		var lines []string
		for line := range strings.SplitSeq(m[2], "\n") {
			if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, m[1]+" ") {
				break
			}
			lines = append(lines, line)
		}
		// What follows the block belongs to another key: leave it line by line.
		for ; len(lines) > 0; lines = lines[:len(lines)-1] {
			if d, err := resolve.ParseDtab(strings.Join(lines, "\n")); err == nil {
				all = append(all, d)
				break
			}
		}
	}
	for _, m := range inlines.FindAllStringSubmatch(text, -1) {
		if d, err := resolve.ParseDtab(m[1]); err == nil {
			all = append(all, d)
		}
	}
	return all
}

// steps is how many steps a name takes under a dtab.
func steps(t testing.TB, d resolve.Dtab, name resolve.Path) int {
	low, high := 1, 10_000
	for low < high {
		middle := (low + high) / 2
		in, err := resolve.New(resolve.Config{MaxSteps: middle})
		if err != nil {
			t.Fatal(err)
		}
		a := in.Bind(d, name)
		stop := a.Observe(func(resolve.State[boundTree]) {})
		s := a.Sample()
		stop()
		if s.Status == resolve.Failed && strings.Contains(s.Err.Error(), "steps") {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// TestStepsOfOthers: the default of MaxSteps is over ten times what is needed.
func TestStepsOfOthers(t *testing.T) {
	files, err := filepath.Glob("../../shared/fixtures/corpus/*")
	if err != nil || len(files) == 0 {
		t.Skip("NOT TESTED: the configurations of others are not there")
	}
	most, dtabs, where := 0, 0, ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dtabsOf(string(text)) {
			dtabs++
			names := []string{"/svc/web", "/svc/1.1/GET/web.example:8080/a/b", "/http/1.1/GET/web"}
			for _, e := range d {
				names = append(names, strings.ReplaceAll(e.Prefix.String(), "*", "x")+"/web", strings.ReplaceAll(e.Prefix.String(), "*", "x")+"/1.1/GET/web")
			}
			for _, name := range names {
				if n := steps(t, d, resolve.MustPath(name)); n > most {
					most, where = n, filepath.Base(file)+": "+name
				}
			}
		}
	}
	t.Logf("%d files, %d dtabs, at most %d steps: %s", len(files), dtabs, most, where)
	if dtabs < 60 || most*10 >= 420 {
		t.Errorf("of %d dtabs %s takes most steps, %d", dtabs, where, most)
	}
}

// strange are dtabs that strangers have sent to cost something.
func strange() map[string]string {
	repeat := func(n int, rule string) string { return strings.Repeat(rule+";", n) }
	var doubling, many strings.Builder
	for i := range 90 {
		fmt.Fprintf(&doubling, "/a%d=>/a%d|/a%d;", i, i+1, i+1)
	}
	for i := range 60 {
		fmt.Fprintf(&many, "|/b%d", i)
	}
	return map[string]string{
		"200 rules thrice": "/svc=>/a;" + repeat(200, "/svc=>/a") + repeat(200, "/a=>/b") + repeat(200, "/b=>/c") + "/c=>/#/x",
		"90 that double":   "/svc=>/a0;" + doubling.String(),
		"a long label":     `/svc=>/a/\x01` + strings.Repeat("y", 7000) + ";/a=>" + many.String()[1:],
	}
}

// BenchmarkStrangers is what a new name and dtab of a stranger cost to look up
// and to explain, as it is for an answer of 502.
func BenchmarkStrangers(b *testing.B) {
	for name, dtab := range strange() {
		b.Run(name, func(b *testing.B) {
			in, _ := scene(b, resolve.Config{})
			d, p := resolve.MustDtab(dtab), resolve.MustPath("/svc/x")
			b.Run("bind", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					in.Bind(d, p).Observe(func(resolve.State[boundTree]) {})()
				}
			})
			b.Run("explain", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					explained, err := in.Delegate(context.Background(), d, p)
					var text strings.Builder
					if err != nil || explained.Text(&text) != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// TestSteps: what a name costs is what Config.MaxSteps says. A step is a name, 64
// entries that it is compared with, a node of what an entry or a namer leads to, or 256
// bytes of a name; asking a namer counts as 8.
func TestSteps(t *testing.T) {
	const (
		name, node, ask = 1, 1, 8
		found           = name + ask + node // a name that a namer answers with a leaf or a Neg
	)
	entries := func(n int) string { return strings.Repeat(";/never=>/x", n) }
	long := func(n int) string { return "/" + strings.Repeat("y", n-1) }
	for _, c := range []struct {
		dtab, name string
		want       int
	}{
		{"", "/x", found},
		{"", "/#/n/ok", found},
		{"/x=>!", "/x", name + node},
		{"/x=>/y", "/x", name + node + found},
		{"/x=>/y;/y=>/#/n/ok", "/x", name + node + name + node + found},
		{"/x=>/#/n/none|/#/n/ok", "/x", name + 3*node + 2*found},
		{"/x=>/#/n/ok|/#/n/none", "/x", name + 3*node + found},
		{"/x=>/#/n/ok&/#/n/foo", "/x", name + 3*node + 2*found},
		{"/x=>/#/n/ok&/#/n/ok", "/x", name + 3*node + found}, // the second time it is known
		{"/x=>/#/n/ok;/x=>/#/n/none", "/x", name + 2*node + 2*found},
		{"/x=>~", "/x", name + node + ask + node}, // it is left to the namers
		{"/x=>!" + entries(62), "/x", name + node},
		{"/x=>!" + entries(63), "/x", name + 1 + node},
		{"/x=>!" + entries(127), "/x", name + 2 + node},
		{"/x=>/y" + entries(63), "/x", name + 1 + node + found + 1},
		{"/x=>!", "/x" + long(253), name + node},
		{"/x=>!", "/x" + long(254), name + 1 + node + 0},
		{"/x=>!", "/x" + long(2*256), name + 2 + node + 2},
		{"/x=>!;/y=>!", "/x" + long(2*256), name + 2 + node + 2},
		{"/x=>!|!", "/x" + long(2*256), name + 2 + 3*node + 3*2},
	} {
		in, _ := scene(t, resolve.Config{MaxSteps: c.want})
		if got := worlds.BindNow(in, c.dtab, c.name); strings.Contains(got, "steps") {
			t.Errorf("%.40s under %.60s takes more than %d steps", c.name, c.dtab, c.want)
		}
		in, _ = scene(t, resolve.Config{MaxSteps: c.want - 1})
		if got := worlds.BindNow(in, c.dtab, c.name); !strings.Contains(got, "steps") {
			t.Errorf("%.40s under %.60s takes less than %d steps", c.name, c.dtab, c.want)
		}
	}
}
