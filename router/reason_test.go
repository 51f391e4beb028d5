package router_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// explaining counts how often an interpreter explains.
type explaining struct {
	*resolve.DefaultInterpreter
	times atomic.Int64
}

func (e *explaining) Delegate(ctx context.Context, d resolve.Dtab, p resolve.Path) (*resolve.Delegation, error) {
	e.times.Add(1)
	return e.DefaultInterpreter.Delegate(ctx, d, p)
}

func (e *explaining) DelegateOverrides(ctx context.Context, d resolve.Dtab, o resolve.Overrides, p resolve.Path) (*resolve.Delegation, error) {
	e.times.Add(1)
	return e.DefaultInterpreter.DelegateOverrides(ctx, d, o, p)
}

// TestReasonsAreRemembered: a name that leads nowhere is explained once a second
// however often it is asked for, and anew when it means something else.
func TestReasonsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &explaining{}
		f := start(t, func(c *router.Config) {
			in.DefaultInterpreter = c.Interpreter.(*resolve.DefaultInterpreter)
			c.Interpreter = in
		})
		defer f.Close()
		ask := func(dtab string) string {
			t.Helper()
			r := request(t, "web")
			if dtab != "" {
				r.Header.Set("l5d-dtab", dtab)
			}
			return f.failure(t, r).Explained
		}
		expect := func(want int64) {
			t.Helper()
			if got := in.times.Swap(0); got != want {
				t.Errorf("explained %d times, want %d", got, want)
			}
		}
		for range 100 {
			if got := ask(""); !strings.Contains(got, "/#/fake/web") {
				t.Fatal(got)
			}
		}
		expect(1)
		for range 100 {
			if got := ask("/svc/web => /#/fake/other"); !strings.Contains(got, "/#/fake/other") {
				t.Fatal(got)
			}
		}
		expect(1) // another dtab is another name
		f.names.Set("/web", "$")
		for range 100 {
			if got := ask(""); !strings.Contains(got, "exists and is empty") {
				t.Fatal(got)
			}
		}
		expect(1)
		for range 10 {
			time.Sleep(time.Second)
			ask("")
			ask("")
		}
		expect(10)
	})
}

// TestReasonsAreBounded: whatever a request's dtab is, the text that is kept is
// not long.
func TestReasonsAreBounded(t *testing.T) {
	f := start(t)
	for name, dtab := range map[string]string{
		"long names":    `/svc=>/a/\x01` + strings.Repeat("y", 7000) + ";/a=>/b0" + strings.Repeat("|/b", 60),
		"many names":    strings.Repeat("/svc=>/a;", 200) + strings.Repeat("/a=>/b;", 200) + strings.Repeat("/b=>/c;", 200) + "/c=>/#/x",
		"a long rule":   "/svc=>" + strings.Repeat("/a|", 2000) + "~",
		"doubling":      doubling(90),
		"a long weight": "/svc=>0." + strings.Repeat("1", 5000) + "*/a & /b",
	} {
		r := request(t, "nobody")
		r.Header.Set("l5d-dtab", dtab)
		failed := f.failure(t, r)
		if n := len(failed.Explained); n > 6<<10 || failed.Kind == router.NoReplicas && n == 0 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

func doubling(n int) string {
	b := "/svc=>/a0"
	for i := range n {
		b += fmt.Sprintf(";/a%d=>/a%d|/a%d", i, i+1, i+1)
	}
	return b
}

// TestParsedDtabs: a dtab that was read before is the same as one that was not.
func TestParsedDtabs(t *testing.T) {
	f := start(t)
	f.names.Bind("/a", "10.0.0.1:80")
	f.names.Bind("/b", "10.0.0.2:80")
	for i := range 400 { // more than are kept
		for _, to := range []string{"a", "b"} {
			r := request(t, "web")
			r.Header["L5d-Dtab"] = []string{fmt.Sprintf("/x%d => /y", i), "/svc/web => /#/fake/" + to}
			want := map[string]string{"a": "10.0.0.1:80", "b": "10.0.0.2:80"}[to]
			for range 2 {
				if got := f.mustAsk(t, r.Clone(r.Context())); got != want {
					t.Fatalf("%s: %s", to, got)
				}
			}
		}
	}
	for range 2 {
		r := request(t, "web")
		r.Header.Set("l5d-dtab", "?")
		if failed := f.failure(t, r); failed.Kind != router.InvalidDtab {
			t.Errorf("%v", failed)
		}
	}
}
