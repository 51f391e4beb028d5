package transform_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

var (
	constPrefix   = resolve.MustPath("/%/io.l5d.const")
	replacePrefix = resolve.MustPath("/%/io.l5d.replace")
)

func constant(path string) resolve.Transformer {
	return transform.Const(resolve.MustPath(path), constPrefix)
}

func replaced(path string) resolve.Transformer {
	return transform.Replace(resolve.MustPath(path), replacePrefix)
}

// names has a name for all that a namer can answer.
func names() *resolvetest.Namer {
	n := new(resolvetest.Namer)
	n.Bind("/web", "10.0.0.1:80")
	n.Bind("/other", "10.0.0.2:80")
	n.Bind("/canary", "10.0.0.9:80")
	n.Set("/empty", "$")
	n.Set("/fail", "!")
	n.Set("/alias", "/#/n/canary")
	n.Set("/both", "0.9*/#/n/canary & 0.1*/#/n/other")
	n.Fail("/broken", errors.New("broken"))
	n.Stall("/stalled")
	return n
}

// inBoth makes an interpreter that has the transformers at itself, and one that
// has them at its namer.
func inBoth(t *testing.T, n resolve.Namer, transformers ...resolve.Transformer) map[string]*resolve.DefaultInterpreter {
	t.Helper()
	plain := resolve.Mount{Prefix: resolve.MustPath("/#/n"), Namer: n}
	mounted := resolve.Mount{Prefix: resolve.MustPath("/#/t"), Namer: n, Transformers: transformers}
	all := map[string]*resolve.DefaultInterpreter{}
	for at, c := range map[string]resolve.Config{
		"interpreter": {Namers: []resolve.Mount{plain}, Transformers: transformers},
		"namer":       {Namers: []resolve.Mount{plain, mounted}},
	} {
		in, err := resolve.New(c)
		if err != nil {
			t.Fatal(err)
		}
		all[at] = in
	}
	return all
}

type bounds = resolve.NameTree[*resolve.Bound]

// show gives IDs, and with residuals and addresses in brackets.
func show(s resolve.State[bounds]) string {
	switch s.Status {
	case resolve.Pending:
		return "pending"
	case resolve.Failed:
		return "failed: " + s.Err.Error()
	}
	text := resolve.ShowTree(resolve.MapTree(s.Value, func(b *resolve.Bound) resolve.Path { return b.ID }))
	for b := range s.Value.Leaves() {
		stop := b.Addr.Observe(func(resolve.State[resolve.Replicas]) {})
		var addrs []string
		for _, a := range b.Addr.Sample().Value.Addresses {
			addrs = append(addrs, a.String())
		}
		stop()
		text += fmt.Sprintf(" [%s at %s]", b.Residual, strings.Join(addrs, ","))
	}
	return text
}

func bindNow(in resolve.Interpreter, dtab, name string) string {
	a := in.Bind(resolve.MustDtab(dtab), resolve.MustPath(name))
	defer a.Observe(func(resolve.State[bounds]) {})()
	return show(a.Sample())
}

func TestNaming(t *testing.T) {
	const dtab = "/s=>/#/NAMER;/two=>0.25*/#/NAMER/web & 0.75*/#/NAMER/other & /#/NAMER/empty & /#/NAMER/missing"
	for _, c := range []struct {
		what        string
		transformer []resolve.Transformer
		name        string
		want        string
	}{
		{"const", []resolve.Transformer{constant("/#/n/canary")}, "/s/web/rest", "/%/io.l5d.const/#/n/canary [/ at 10.0.0.9:80]"},
		{"const of a missing name", []resolve.Transformer{constant("/#/n/canary")}, "/s/missing", "/%/io.l5d.const/#/n/canary [/ at 10.0.0.9:80]"},
		{"const of an empty name", []resolve.Transformer{constant("/#/n/canary")}, "/s/fail", "/%/io.l5d.const/#/n/canary [/ at 10.0.0.9:80]"},
		{"const of a failure", []resolve.Transformer{constant("/#/n/canary")}, "/s/broken", "failed: broken"},
		{"const of what is not known", []resolve.Transformer{constant("/#/n/canary")}, "/s/stalled", "pending"},
		{"const with a residual of its own", []resolve.Transformer{constant("/#/n/canary/a")}, "/s/web/rest", "/%/io.l5d.const/#/n/canary/a [/a at 10.0.0.9:80]"},
		{"const by an alias", []resolve.Transformer{constant("/#/n/alias")}, "/s/web", "/%/io.l5d.const/#/n/alias [/ at 10.0.0.9:80]"},
		{"const that is several", []resolve.Transformer{constant("/#/n/both")}, "/s/web",
			"0.9*/%/io.l5d.const/#/n/canary & 0.1*/%/io.l5d.const/#/n/other [/ at 10.0.0.9:80] [/ at 10.0.0.2:80]"},
		{"const that is missing", []resolve.Transformer{constant("/#/n/missing")}, "/s/web", "~"},
		{"const that is broken", []resolve.Transformer{constant("/#/n/broken")}, "/s/web", "failed: broken"},
		{"const that is not known", []resolve.Transformer{constant("/#/n/stalled")}, "/s/web", "pending"},
		{"const knows no dtab", []resolve.Transformer{constant("/s/web")}, "/s/web", "~"},
		{"const below /$", []resolve.Transformer{constant("/$/fail")}, "/s/web", "!"},
		{"const of an unknown name below /$", []resolve.Transformer{constant("/$/nope")}, "/s/web",
			"failed: Unknown namer: nope for path: /$/nope (known are fail, nil)"},

		{"replace", []resolve.Transformer{replaced("/#/n/canary")}, "/s/web/rest", "/%/io.l5d.replace/#/n/canary [/ at 10.0.0.9:80]"},
		{"replace of a missing name", []resolve.Transformer{replaced("/#/n/canary")}, "/s/missing", "~"},
		{"replace of an empty name", []resolve.Transformer{replaced("/#/n/canary")}, "/s/empty", "$"},
		{"replace in a union", []resolve.Transformer{replaced("/#/n/canary")}, "/two",
			"0.25*/%/io.l5d.replace/#/n/canary & 0.75*/%/io.l5d.replace/#/n/canary & $ [/ at 10.0.0.9:80] [/ at 10.0.0.9:80]"},
		{"replace of Fail", []resolve.Transformer{replaced("/#/n/canary")}, "/s/fail", "!"},
		{"replace of a missing name that is broken", []resolve.Transformer{replaced("/#/n/broken")}, "/s/missing", "failed: broken"},
		{"replace that is missing", []resolve.Transformer{replaced("/#/n/missing")}, "/s/web", "~"},

		{"const before port", []resolve.Transformer{constant("/#/n/canary"), transform.Port(4141, portPrefix)}, "/s/web",
			"/%/io.l5d.port/4141/%/io.l5d.const/#/n/canary [/ at 10.0.0.9:4141]"},
		{"port before const", []resolve.Transformer{transform.Port(4141, portPrefix), constant("/#/n/canary")}, "/s/web",
			"/%/io.l5d.const/#/n/canary [/ at 10.0.0.9:80]"},
		{"replace after const", []resolve.Transformer{constant("/#/n/canary"), replaced("/#/n/other")}, "/s/missing",
			"/%/io.l5d.replace/#/n/other [/ at 10.0.0.2:80]"},
	} {
		for at, in := range inBoth(t, names(), c.transformer...) {
			t.Run(c.what+" at the "+at, func(t *testing.T) {
				namer := map[string]string{"interpreter": "n", "namer": "t"}[at]
				if got := bindNow(in, strings.ReplaceAll(dtab, "NAMER", namer), c.name); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			})
		}
	}
}

// TestNamingFollows checks that what is kept by an ID changes with what the
// path is bound to, even if nobody looks the name up again.
func TestNamingFollows(t *testing.T) {
	for _, at := range []string{"interpreter", "namer"} {
		t.Run(at, func(t *testing.T) {
			n := names()
			in := inBoth(t, n, constant("/#/n/way"))[at]
			n.Bind("/way", "10.0.1.1:80")
			a := in.Bind(nil, resolve.MustPath("/#/"+map[string]string{"interpreter": "n", "namer": "t"}[at]+"/web"))
			defer a.Observe(func(resolve.State[bounds]) {})()
			first := a.Sample().Value.Leaf
			var got []string
			defer first.Addr.Observe(func(s resolve.State[resolve.Replicas]) {
				switch {
				case s.Status == resolve.OK && len(s.Value.Addresses) > 0:
					got = append(got, s.Value.Addresses[0].String())
				case s.Status == resolve.OK:
					got = append(got, "nobody")
				case s.Status == resolve.Failed:
					got = append(got, s.Err.Error())
				}
			})()
			step := func(want string) {
				t.Helper()
				if now := show(a.Sample()); now != want {
					t.Errorf("got  %s\nwant %s", now, want)
				}
			}
			step("/%/io.l5d.const/#/n/way [/ at 10.0.1.1:80]")
			n.Bind("/way", "10.0.1.2:80")
			step("/%/io.l5d.const/#/n/way [/ at 10.0.1.2:80]")
			n.Set("/way", "/#/n/other") // the same ID, and another set
			step("/%/io.l5d.const/#/n/way [/ at 10.0.0.2:80]")
			n.Remove("/way")
			step("~")
			n.Set("/way", "/#/n/canary")
			step("/%/io.l5d.const/#/n/way [/ at 10.0.0.9:80]")
			n.Remove("/web") // const does not care
			step("/%/io.l5d.const/#/n/way [/ at 10.0.0.9:80]")
			want := []string{"10.0.1.1:80", "10.0.1.2:80", "10.0.0.2:80", "nobody", "10.0.0.9:80"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNamingInACircle: a path that leads back to its own transformer ends.
func TestNamingInACircle(t *testing.T) {
	n := names()
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{
		{Prefix: resolve.MustPath("/#/n"), Namer: n},
		{Prefix: resolve.MustPath("/#/a"), Namer: n, Transformers: []resolve.Transformer{constant("/#/b/web")}},
		{Prefix: resolve.MustPath("/#/b"), Namer: n, Transformers: []resolve.Transformer{replaced("/#/a/web"), replaced("/#/b/web")}},
		{Prefix: resolve.MustPath("/#/c"), Namer: n, Transformers: []resolve.Transformer{constant("/#/d/web")}},
		{Prefix: resolve.MustPath("/#/d"), Namer: n, Transformers: []resolve.Transformer{replaced("/#/n/canary")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const circle = "failed: the path of a transformer leads back to that transformer, or through too many others"
	for name, want := range map[string]string{
		"/#/a/web": circle, "/#/b/web": circle,
		"/#/c/web": "/%/io.l5d.const/#/d/web [/ at 10.0.0.9:80]",
	} {
		if got := bindNow(in, "", name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if _, err := in.Delegate(t.Context(), nil, resolve.MustPath(name)); err != nil {
			t.Errorf("%s is not explained: %v", name, err)
		}
	}
}

// running is a namer that counts the names that are watched.
type running struct {
	resolve.Namer
	now atomic.Int32
}

func (r *running) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	a := r.Namer.Lookup(p)
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.NameTree[resolve.Name]])) {
		r.now.Add(1)
		stop := a.Observe(set)
		<-ctx.Done()
		stop()
		r.now.Add(-1)
	})
}

// TestNamingStops: what a transformer watches ends with the binding, in a
// circle, too.
func TestNamingStops(t *testing.T) {
	for what, paths := range map[string][]string{
		"in a line":   {"/#/n/canary", "/#/n/other"},
		"in a circle": {"/#/t/canary", "/#/t/other"},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &running{Namer: names()}
				for at, in := range inBoth(t, r, replaced(paths[0]), constant(paths[1])) {
					a := in.Bind(resolve.MustDtab("/s=>/#/n & /#/t"), resolve.MustPath("/s/web"))
					for range 3 {
						stop := a.Observe(func(resolve.State[bounds]) {})
						synctest.Wait()
						if r.now.Load() == 0 || a.Sample().Status == resolve.Pending {
							t.Errorf("at the %s %d names are watched: %s", at, r.now.Load(), show(a.Sample()))
						}
						stop()
						synctest.Wait()
						if now := r.now.Load(); now != 0 {
							t.Errorf("at the %s %d names are still watched", at, now)
						}
					}
				}
			})
		})
	}
}

func TestNamingNeedsAnInterpreter(t *testing.T) {
	_, err := constant("/#/n/x").Transform(resolve.Const(bounds{})).Wait(t.Context())
	if err == nil || err.Error() != "transform: ConstTransformer needs an interpreter to look /#/n/x up" {
		t.Errorf("got %v", err)
	}
}

func TestNamingIsExplained(t *testing.T) {
	for _, c := range []struct {
		what         string
		transformers []resolve.Transformer
		name, want   string
	}{
		{"a name that const replaces", []resolve.Transformer{constant("/#/n/canary")}, "/#/n/web",
			"/#/n/web: /#/n/web at 10.0.0.1:80; then ConstTransformer\n" +
				"  /%/io.l5d.const/#/n/canary: /%/io.l5d.const/#/n/canary at 10.0.0.9:80\n"},
		{"a missing name that const replaces", []resolve.Transformer{constant("/#/n/canary"), transform.Port(1, portPrefix)}, "/#/n/missing",
			"/#/n/missing: no replicas; then ConstTransformer\n" +
				"  /#/n/missing: no such name, said /#/n\n" +
				"  /%/io.l5d.const/#/n/canary: /%/io.l5d.const/#/n/canary at 10.0.0.9:80; then PortTransformer\n" +
				"    /%/io.l5d.port/4141/%/io.l5d.const/#/n/canary: /%/io.l5d.port/4141/%/io.l5d.const/#/n/canary at 10.0.0.9:1\n"},
		{"a missing name that replace leaves", []resolve.Transformer{replaced("/#/n/canary")}, "/#/n/missing",
			"/#/n/missing: no such name, said /#/n\n"},
		{"const that leads nowhere", []resolve.Transformer{constant("/#/n/missing")}, "/#/n/web",
			"/#/n/web: /#/n/web at 10.0.0.1:80; then ConstTransformer\n  /#/n/web: no such name\n"},
		{"const that fails", []resolve.Transformer{constant("/#/n/broken")}, "/#/n/missing",
			"/#/n/missing: no replicas; then ConstTransformer\n  /#/n/missing: no such name, said /#/n\n  /#/n/missing: broken\n"},
	} {
		t.Run(c.what, func(t *testing.T) {
			in := inBoth(t, names(), c.transformers...)["interpreter"]
			d, err := in.Delegate(t.Context(), nil, resolve.MustPath(c.name))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := d.Text(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, ageless(b.String())); diff != "" {
				t.Error(diff)
			}
			if _, err := d.MarshalJSON(); err != nil {
				t.Error(err)
			}
		})
	}
}

// ageless leaves out how old answers are.
func ageless(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		for i, w := range words {
			if strings.TrimSuffix(w, ";") == "ago" && i > 0 {
				age := words[i-1] + " ago"
				line = strings.Replace(line, ", as of "+age, "", 1)
				line = strings.Replace(line, " "+age, "", 1)
			}
		}
		out.WriteString(line)
	}
	return out.String()
}
