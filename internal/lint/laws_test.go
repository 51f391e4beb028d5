package lint_test

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
)

// world is a world with what Dtab may know of its namers.
type world struct {
	worlds.World
	config lint.Config
}

func worldConfig() lint.Config {
	return lint.Config{
		Namers: []lint.Namer{
			{Prefix: resolve.MustPath("/#/n"), Answers: lint.NoOtherName},
			{Prefix: resolve.MustPath("/#/any")},
		},
		Utilities: map[string]func(resolve.Path) lint.Answers{"inet": lint.AlwaysBound.ForAll},
	}
}

// entry is the number of the entry that a finding points to.
func (w world) entry(f lint.Finding) (i, within int) {
	within = f.Pos
	for i, e := range w.Entries {
		if within <= len(e) {
			return i, within
		}
		within -= len(e) + 1
	}
	panic("points behind the dtab")
}

// TestFindingsAreTrue does to a dtab what a finding says makes no difference,
// and looks whether it does.
func TestFindingsAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := world{worlds.Draw(t), worldConfig()}
		dtab := worlds.Text(w.Entries...)
		w.config.Requests = rapid.SampledFrom([][]lint.Names{nil, {requestNames("/svc/*", true)}, {requestNames("/svc", false)}}).Draw(t, "requests")
		found, err := lint.Dtab(dtab, w.config)
		if err != nil {
			t.Fatal(err)
		}
		// What comes of a name that loops beside one that does not depends on
		// how deep the look-up was when it gave up.
		loops := slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Kind == "loop" })
		for _, f := range found {
			if f.Kind == "loop" || !loops {
				w.prove(t, dtab, f)
			}
		}
	})
}

// TestEachFindingIsTrue does it to one of each kind.
func TestEachFindingIsTrue(t *testing.T) {
	for kind, dtab := range map[string]string{
		"loop":         "/a=>/b;/b=>/a/b;/svc=>/a",
		"shadowed":     "/svc=>/#/n;/svc=>/#/n/a | $",
		"swallowed":    "/svc/a=>/#/n/a;/svc/*=>/b;/b=>/$/inet/1/1",
		"unreached":    "/svc=>/a | /#/n/b;/a=>/#/n/a & $",
		"unreachable":  "/svc=>/#/n;/b/a=>/#/n/b",
		"no-route":     "/a=>/#/n",
		"no-namer":     "/svc=>/#/no/x | /#/n/a",
		"unknown-name": "/svc=>/a | /#/n/a",
	} {
		t.Run(kind, func(t *testing.T) {
			for _, answer := range []string{"", "bind", "fail", "~", "$"} {
				w := world{config: worldConfig(), World: worlds.World{
					Entries: strings.Split(dtab, ";"),
					Answers: [][2]string{{"n /a", answer}, {"n /b", "bind"}, {"n /x", answer}},
					Names:   []string{"/svc", "/svc/a", "/svc/b", "/svc/a/b", "/a", "/b/a", "/b/a/x"},
				}}
				w.config.Requests = []lint.Names{requestNames("/svc", false)}
				found, err := lint.Dtab(dtab, w.config)
				if err != nil || len(found) == 0 || found[0].Kind != kind {
					t.Fatalf("found %v, %v", found, err)
				}
				w.prove(t, dtab, found[0])
			}
		})
	}
}

func requestNames(prefix string, exact bool) lint.Names {
	p, err := resolve.ParsePrefix(prefix)
	if err != nil {
		panic(err)
	}
	return lint.Names{Prefix: p, Exact: exact}
}

var (
	token  = regexp.MustCompile(`^(?:[0-9.]+\*)?([^ ;|&()]+)`)
	forAll = regexp.MustCompile(`^names below (\S+) are rewritten for ever: `)
)

func (w world) prove(t worlds.Failer, dtab string, f lint.Finding) {
	i, within := w.entry(f)
	entries := append([]string(nil), w.Entries...)
	names := w.Names
	switch f.Kind {
	case "unreachable", "no-route":
		names = nil
		for _, name := range w.Names {
			if p := resolve.MustPath(name); p.Label(0) == "svc" && (p.Len() == 2 || !w.config.Requests[0].Exact) {
				names = append(names, name)
			}
		}
		fallthrough
	case "shadowed", "swallowed":
		if f.Kind == "no-route" {
			entries = nil
		} else {
			entries = append(entries[:i], entries[i+1:]...)
		}
	case "unreached", "no-namer", "unknown-name":
		marker := "/#/n/marker"
		if f.Kind != "unreached" {
			marker = "/no/such/name"
		}
		at := token.FindStringSubmatchIndex(entries[i][within:])
		entries[i] = entries[i][:within+at[2]] + marker + entries[i][within+at[3]:]
	case "loop":
		m := forAll.FindStringSubmatch(f.Problem)
		if f.Error != (m != nil) {
			t.Fatalf("%v says %s", f.Error, f.Problem)
		}
		if m != nil {
			// y is a label that no entry spells out.
			name := strings.ReplaceAll(m[1], "*", "y")
			for _, name := range []string{name, strings.TrimSuffix(name, "/") + "/y/y"} {
				if got := w.Bind(t, dtab, []string{name})[0]; !strings.HasPrefix(got, "failed: ") {
					t.Fatalf("%s\n%s\nbut %s is %s", dtab, f.Problem, name, got)
				}
			}
		}
		return
	default:
		return
	}
	before, after := w.Bind(t, dtab, names), w.Bind(t, worlds.Text(entries...), names)
	for i := range before {
		if before[i] != after[i] {
			t.Fatalf("%s\n%s at %d: %s\nbut %s is %s, and %s under\n%s", dtab, f.Kind, f.Pos, f.Problem, names[i], before[i], after[i], worlds.Text(entries...))
		}
	}
}

// TestLintIsBounded: no dtab takes long, or says more than anybody reads.
func TestLintIsBounded(t *testing.T) {
	repeat := func(n int, s string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(s, "N", string(rune('a'+i%26))+strings.Repeat("x", i/26%9)))
		}
		return b.String()
	}
	for _, c := range []struct {
		what, dtab string
		want       string // one of them, if it matters
	}{
		{"many entries for one prefix", repeat(10_000, "/svc=>/#/fs/N;"), ""},
		{"many entries that loop", repeat(10_000, "/N=>/N;"), "loop"},
		{"many entries for everything", repeat(10_000, "/=>/N;"), "not-checked"},
		{"many entries for everything, without weight", repeat(9_000, "/=>0*/N & 0*/b;"), "not-checked"},
		{"a chain", repeat(5_000, "/N=>/N/N;/N/N=>/N/N/N;"), ""},
		{"names that double", repeat(200, "/N/a=>/N/b & /N/c;/N/b=>/N/a & /N/c & /N/a;"), "loop"},
		{"names that grow", "/s=>/s/" + strings.Repeat("a/", 30_000) + "b", "loop"},
		{"wide trees", "/svc=>" + strings.Repeat("/a|", 20_000) + "/svc/b;/a=>" + strings.Repeat("/svc/x&", 8_000) + "/svc", ""},
		{"wildcards", repeat(3_000, "/*/*/*/N=>/N/N/N/N;"), ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			config := lint.Config{Requests: []lint.Names{requestNames("/svc", false)}}
			start := time.Now()
			found, err := lint.Dtab(c.dtab, config)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			wanted := func(f lint.Finding) bool { return f.Kind == c.want || c.want == "" }
			if len(found) > 101 || !slices.ContainsFunc(found, wanted) {
				t.Errorf("%d findings, none of which is %s", len(found), c.want)
			}
			if len(found) == 101 && found[100].Kind != "not-checked" {
				t.Errorf("the last one is %v", found[100])
			}
			for _, f := range found {
				if len(f.Problem) > 2_000 {
					t.Errorf("%s is told in %d bytes", f.Kind, len(f.Problem))
				}
			}
		})
	}
}

// TestOneNameIsBounded: not even for one name all of the dtab is looked at where that is too
// much, as many copies of a long name are.
func TestOneNameIsBounded(t *testing.T) {
	dtab := "/s=>/" + strings.Repeat("a", 60_000) + ";" + strings.Repeat("/=>/b"+strings.Repeat("&/b", 149)+";", 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found, err := lint.Dtab(dtab, lint.Config{})
	runtime.ReadMemStats(&after)
	if err != nil || len(found) != 1 || found[0].Kind != "not-checked" {
		t.Errorf("%v, %v", found, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<30 {
		t.Errorf("it took %d MiB", took>>20)
	}
}

// TestNoLoopHidesAnother: a loop is told of however many others there are, or that more is
// wrong is.
func TestNoLoopHidesAnother(t *testing.T) {
	numbered := func(n int, entry string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(entry, "N", strconv.Itoa(i)))
		}
		return b.String()
	}
	hub := "/a => /b0" + numbered(150, " & /bN") + ";" + numbered(150, "/bN => /a;")
	var chain strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&chain, "/c%d=>/c%d;", i, i+1)
	}
	ways := chain.String() + "/c3000=>/c2999" + strings.Repeat("&/c0", 9_000)
	for _, c := range []struct {
		what, dtab  string
		loops, more int
	}{
		{"as many as are told of", numbered(100, "/aN => /aN;"), 100, 0},
		{"one more", numbered(101, "/aN => /aN;"), 100, 1},
		{"many ways through one entry", hub, 1, 0},
		{"beside many ways through one entry", hub + "/z => /z", 2, 0},
		{"too many long ways to look at", ways, 0, 1},
	} {
		found, err := lint.Dtab(c.dtab, lint.Config{})
		if err != nil {
			t.Fatal(err)
		}
		kinds := make(map[string]int)
		for _, f := range found {
			kinds[f.Kind]++
		}
		if kinds["loop"] != c.loops || kinds["not-checked"] != c.more {
			t.Errorf("%s: %v, want %d loops", c.what, kinds, c.loops)
		}
	}
}

func FuzzLint(f *testing.F) {
	for _, s := range []string{"", "/=>!;/foo=>/bar", "/foo/*/bar => !", "/#foo => /biz  # c\n | ( /bliz & /bluth );\n#/ignore=>/me;\n", "/a => (((/b)))", "i am not a dtab", "/svc=>/a;/a=>/b;/b=>/a", "/svc=>/svc/x|/#/fs", "/=>/", "/*=>/*", "/svc=>0*/a&0*(/b|0.5*/c)", "/svc=>/$/inet/1|/$", "/$=>~;/#=>/$"} {
		f.Add(s)
	}
	config := lintConfig(f)
	f.Fuzz(func(t *testing.T, s string) {
		found, err := lint.Dtab(s, config)
		if _, same := resolve.ParseDtab(s); (err == nil) != (same == nil) {
			t.Fatalf("%q: %v, but read: %v", s, err, same)
		}
		last := 0
		for _, f := range found {
			if f.Pos < last || f.Pos >= len(s) || f.Other >= len(s) || f.Other >= 0 && f.Other <= f.Pos || f.Problem == "" {
				t.Errorf("%q: %+v", s, f)
			}
			last = f.Pos
		}
	})
}
