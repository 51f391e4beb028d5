package resolve_test

import (
	"strings"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// world is a dtab whose parts meet each other often, and what namers answer.
type world struct {
	entries []string
	answers [][2]string // name, answer
	config  resolve.LintConfig
	names   []string // to look up
}

// worldConfig is what Lint may know of the namers of worlds.
func worldConfig() resolve.LintConfig {
	return resolve.LintConfig{
		Namers: []resolve.LintNamer{
			{Prefix: resolve.MustPath("/#/n"), Answers: resolve.NoOtherName},
			{Prefix: resolve.MustPath("/#/any")},
		},
		Utilities: map[string]func(resolve.Path) resolve.Answers{"inet": resolve.AlwaysBound.ForAll},
	}
}

func worlds(t *rapid.T) world {
	w := world{config: worldConfig()}
	prefix := rapid.SampledFrom([]string{"/svc", "/svc", "/svc/a", "/svc/*", "/a", "/a/b", "/a/*", "/b", "/b/a", "/*/a", "/", "/#/n", "/#/n/a", "/$/inet"})
	leaf := rapid.SampledFrom([]string{"/a", "/a", "/b", "/b/a", "/a/b", "/c", "/svc", "/#/n", "/#/n/a", "/#/n/b", "/#/any", "/#/no/x", "/$/inet/1/1",
		"/$/inet", "/$/nil", "/$/fail", "/$/no/such", "/$", "/", "!", "~", "$"})
	weight := rapid.SampledFrom([]string{"", "", "0*", "0.5*"})
	var dst func(depth int) string
	dst = func(depth int) string {
		op := rapid.SampledFrom([]string{"", "", "", " | ", " & "}).Draw(t, "op")
		if depth == 0 || op == "" {
			return leaf.Draw(t, "leaf")
		}
		var parts []string
		for range rapid.IntRange(2, 3).Draw(t, "parts") {
			part := dst(depth - 1)
			if strings.Contains(part, " ") {
				part = "(" + part + ")"
			}
			if op == " & " {
				part = weight.Draw(t, "weight") + part
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, op)
	}
	for range rapid.IntRange(1, 6).Draw(t, "entries") {
		w.entries = append(w.entries, prefix.Draw(t, "prefix")+"=>"+dst(2))
	}
	for _, name := range []string{"n /", "n /a", "n /b", "n /a/a", "any /", "any /a", "any /x"} {
		answers := []string{"", "", "bind", "fail", "~", "!", "$"}
		if strings.HasPrefix(name, "any") {
			// Not names that could come back to the dtab for ever.
			answers = append(answers, "/#/n/a", "/$/nil & ~", "/#/n | /$/inet/2/2")
		}
		w.answers = append(w.answers, [2]string{name, rapid.SampledFrom(answers).Draw(t, name)})
	}
	w.names = []string{"/svc", "/svc/a", "/svc/x", "/svc/a/b", "/svc/x/y", "/a", "/a/b", "/a/b/a", "/a/x", "/b", "/b/a/x", "/#/n/a", "/$/inet/1/1"}
	label := rapid.SampledFrom([]string{"svc", "a", "b", "x", "1"})
	for range 4 {
		w.names = append(w.names, "/"+strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "name"), "/"))
	}
	return w
}

// failer is a test or one run of a law.
type failer interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// interpreter has two namers that know nothing yet.
func (w world) interpreter(t failer) (in *resolve.DefaultInterpreter, n, any *resolvetest.Namer) {
	n, any = new(resolvetest.Namer), new(resolvetest.Namer)
	hosts, err := inet.New(inet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	in, err = resolve.New(resolve.Config{
		Namers: []resolve.Mount{
			{Prefix: resolve.MustPath("/#/n"), Namer: n},
			{Prefix: resolve.MustPath("/#/any"), Namer: any},
		},
		Utilities: map[string]resolve.Namer{"inet": hosts},
	})
	if err != nil {
		t.Fatal(err)
	}
	return in, n, any
}

// tell has the right namer give an answer.
func tell(answer [2]string, n, any *resolvetest.Namer) {
	which, name, _ := strings.Cut(answer[0], " ")
	if which == "any" {
		n = any
	}
	switch answer[1] {
	case "":
		n.Remove(name)
	case "bind":
		n.Bind(name, "a:1")
	case "fail":
		n.Fail(name, errBroken)
	case "stall":
		n.Stall(name)
	default:
		n.Set(name, answer[1])
	}
}

// bind gives what each name comes to under a dtab.
func (w world) bind(t failer, dtab string, names []string) []string {
	in, n, any := w.interpreter(t)
	n.Bind("/marker", "m:1")
	for _, a := range w.answers {
		tell(a, n, any)
	}
	var all []string
	for _, name := range names {
		all = append(all, bindNow(in, dtab, name))
	}
	return all
}

func (w world) text(entries ...string) string { return strings.Join(entries, ";") }
