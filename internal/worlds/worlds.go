// Package worlds makes small worlds of names for tests of laws: dtabs whose parts
// meet each other often, and what namers answer.
package worlds

import (
	"errors"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// World is a dtab, and what namers answer.
type World struct {
	Entries []string
	Answers [][2]string // name, answer
	Names   []string    // to look up
}

// ErrBroken is the failure of namers.
var ErrBroken = errors.New("broken")

// Draw makes a world. Its namers are those of [World.Interpreter].
func Draw(t *rapid.T) World {
	var w World
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
		w.Entries = append(w.Entries, prefix.Draw(t, "prefix")+"=>"+dst(2))
	}
	for _, name := range []string{"n /", "n /a", "n /b", "n /a/a", "any /", "any /a", "any /x"} {
		answers := []string{"", "", "bind", "fail", "~", "!", "$"}
		if strings.HasPrefix(name, "any") {
			// Not names that could come back to the dtab for ever.
			answers = append(answers, "/#/n/a", "/$/nil & ~", "/#/n | /$/inet/2/2")
		}
		w.Answers = append(w.Answers, [2]string{name, rapid.SampledFrom(answers).Draw(t, name)})
	}
	w.Names = []string{"/svc", "/svc/a", "/svc/x", "/svc/a/b", "/svc/x/y", "/a", "/a/b", "/a/b/a", "/a/x", "/b", "/b/a/x", "/#/n/a", "/$/inet/1/1"}
	label := rapid.SampledFrom([]string{"svc", "a", "b", "x", "1"})
	for range 4 {
		w.Names = append(w.Names, "/"+strings.Join(rapid.SliceOfN(label, 1, 4).Draw(t, "name"), "/"))
	}
	return w
}

// Failer is a test or one run of a law.
type Failer interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Interpreter has two namers that know nothing yet.
func (w World) Interpreter(t Failer) (in *resolve.DefaultInterpreter, n, any *resolvetest.Namer) {
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

// Tell has the right namer give an answer.
func Tell(answer [2]string, n, any *resolvetest.Namer) {
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
		n.Fail(name, ErrBroken)
	case "stall":
		n.Stall(name)
	default:
		n.Set(name, answer[1])
	}
}

// Bind gives what each name comes to under a dtab.
func (w World) Bind(t Failer, dtab string, names []string) []string {
	in, n, any := w.Interpreter(t)
	n.Bind("/marker", "m:1")
	for _, a := range w.Answers {
		Tell(a, n, any)
	}
	var all []string
	for _, name := range names {
		all = append(all, BindNow(in, dtab, name))
	}
	return all
}

// Text is a dtab of entries.
func Text(entries ...string) string { return strings.Join(entries, ";") }

// BindNow gives the first outcome of binding; the namers here answer at once.
func BindNow(in resolve.Interpreter, dtab, name string) string {
	a := in.Bind(resolve.MustDtab(dtab), resolve.MustPath(name))
	defer a.Observe(func(resolve.State[resolve.NameTree[*resolve.Bound]]) {})()
	return ShowState(a.Sample())
}

// ShowState gives a bound tree with IDs, and residuals in brackets, or why there
// is none.
func ShowState(s resolve.State[resolve.NameTree[*resolve.Bound]]) string {
	switch s.Status {
	case resolve.Pending:
		return "pending"
	case resolve.Failed:
		return "failed: " + s.Err.Error()
	}
	var residuals []string
	text := resolve.ShowTree(resolve.MapTree(s.Value, func(b *resolve.Bound) resolve.Path {
		if !b.Residual.IsEmpty() {
			residuals = append(residuals, b.Residual.String())
		}
		return b.ID
	}))
	if residuals != nil {
		text += " " + fmt.Sprint(residuals)
	}
	return text
}
