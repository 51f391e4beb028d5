package router_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestAnInterpretersOwnDtab: it changes while requests go by it, and stands in
// spans and messages before the router's.
func TestAnInterpretersOwnDtab(t *testing.T) {
	var n resolvetest.Namer
	n.Bind("/one", "10.0.0.1:80")
	n.Bind("/two", "10.0.0.2:80")
	base := resolve.NewVar(resolve.State[resolve.Dtab]{})
	in, err := resolve.New(resolve.Config{
		Base:   base.Activity(),
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: &n}},
	})
	if err != nil {
		t.Fatal(err)
	}
	hop, spans := tracing(t)
	f := start(t, func(c *router.Config) { c.Interpreter, c.Hop, c.Dtab = in, hop, resolve.MustDtab("/svc=>/here") })
	ask := func(host string) (string, error) {
		ctx, span := (*hopspan.Hop)(hop).StartServer(t.Context(), http.Header{}, hopspan.ServerStart{Service: "server", Router: "http"})
		defer hopspan.EndServer(span, 200)
		return f.ask(with(&inbound.Context{Context: ctx, Request: &inbound.Request{ServerSpan: span}}, request(t, host)))
	}
	for _, step := range []struct {
		base       string // "" for a broken one
		host, want string
		dtab       string // as shown
	}{
		{"/here=>/#/fake/one", "web", "10.0.0.1:80", "/here=>/#/fake/one;/svc=>/here"},
		{"/here=>/#/fake/two", "web", "10.0.0.2:80", "/here=>/#/fake/two;/svc=>/here"},
		{"/here=>/#/fake/two;/svc=>/#/fake/one", "web", "10.0.0.2:80", "/here=>/#/fake/two;/svc=>/#/fake/one;/svc=>/here"},
		{"", "web", "10.0.0.2:80", "/here=>/#/fake/two;/svc=>/#/fake/one;/svc=>/here"},
		{"", "new", "out of order", "/here=>/#/fake/two;/svc=>/#/fake/one;/svc=>/here"},
		{"/here=>/#/fake", "web", "", "/here=>/#/fake;/svc=>/here"},
		{"/here=>/#/fake", "new", "", "/here=>/#/fake;/svc=>/here"},
		{"/here=>/#/fake", "one", "10.0.0.1:80", "/here=>/#/fake;/svc=>/here"},
	} {
		state := resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: errTest}
		if step.base != "" {
			state = resolve.State[resolve.Dtab]{Status: resolve.OK, Value: resolve.MustDtab(step.base)}
		}
		base.SetState(state)
		// Another goroutine may be at the change before, and does this one next.
		for began := time.Now(); ; {
			got, err := ask(step.host)
			var failed *router.Error
			if errors.As(err, &failed) {
				if failed.Kind == router.NoReplicas && failed.BaseDtab.String() != step.dtab {
					t.Errorf("base %q, host %s: the error has the base dtab %q", step.base, step.host, failed.BaseDtab)
				}
				if failed.Err != nil {
					got = failed.Err.Error()
				}
			}
			if got == step.want {
				break
			}
			if time.Since(began) > 10*time.Second {
				t.Fatalf("base %q, host %s: %q, %v; want %q", step.base, step.host, got, err, step.want)
			}
		}
		if got := f.Dtab().String(); got != "/svc=>/here" {
			t.Errorf("base %q: the router's own dtab is %q", step.base, got)
		}
		records := spans.Records()
		if tags := tracetest.Tags(records[len(records)-1]); tags["dtab.base"] != step.dtab {
			t.Errorf("base %q: the span has the dtab %q", step.base, tags["dtab.base"])
		}
	}
}

// TestCloseLeavesTheInterpretersDtab: a router that is closed no longer follows it.
func TestCloseLeavesTheInterpretersDtab(t *testing.T) {
	followers := 0
	base := resolve.SourceActivity(func(set func(resolve.State[resolve.Dtab])) func() {
		followers++
		set(resolve.State[resolve.Dtab]{Status: resolve.OK})
		return func() { followers-- }
	})
	in, err := resolve.New(resolve.Config{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	r, err := router.New(router.Config{Interpreter: in})
	if err != nil || followers != 1 {
		t.Fatalf("%d follow it; %v", followers, err)
	}
	if err := r.Close(); err != nil || followers != 0 {
		t.Errorf("%d follow it still; %v", followers, err)
	}
}
