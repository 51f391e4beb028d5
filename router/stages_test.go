package router_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// witness is a stage that notes what happens, and does what it is told to.
type witness struct {
	name string
	log  *log
	does func(r *http.Request, next http.RoundTripper) (*http.Response, error)
}

type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "; ")
}

func (w *witness) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	w.log.add("%s", w.name)
	if w.does != nil {
		return w.does(r, next)
	}
	return next.RoundTrip(r)
}

func (w *witness) Done(_ *http.Request, o router.Outcome) { w.log.add("%s done: %v", w.name, o) }

// witnessed puts witnesses into a router: two of each service, one of each client.
func witnessed(l *log, change ...func(a, b, c *witness)) func(*router.Config) {
	return func(config *router.Config) {
		a, b, c := &witness{name: "a", log: l}, &witness{name: "b", log: l}, &witness{name: "c", log: l}
		for _, f := range change {
			f(a, b, c)
		}
		config.Stages = router.Stages{
			Service: func(resolve.Path) []router.Stage { return []router.Stage{a, b} },
			Client:  func(resolve.Path) []router.Stage { return []router.Stage{c} },
		}
	}
}

// TestStagesInOrder: a request goes through the stages from above, and what became of it
// through the same from below, when its body has ended and not before.
func TestStagesInOrder(t *testing.T) {
	var l log
	f := start(t, witnessed(&l))
	f.names.Bind("/web", "10.0.0.1:80")
	resp, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.text(); got != "a; b; c" {
		t.Errorf("before the end of the body: %s", got)
	}
	resp.Body.Close()
	if got, want := l.text(), "a; b; c; c done: answered; b done: answered; a done: answered"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestStagesAndRetries: a stage of a service has each request once, one of a client has
// each retry, but no requeue.
func TestStagesAndRetries(t *testing.T) {
	var l log
	n := 0
	f := start(t, witnessed(&l), policy(router.ServicePolicy{Classifier: router.RetryableAll5XX()}), over(func(*http.Request) (*http.Response, error) {
		switch n++; n {
		case 1:
			return answer(503, "", "Finagle-Http-Nack", "true"), nil
		case 2:
			return answer(500, "no"), nil
		}
		return answer(200, "yes"), nil
	}))
	f.names.Bind("/web", "10.0.0.1:80", "10.0.0.2:80")
	if got := f.mustAsk(t, request(t, "web")); got != "yes" || n != 3 {
		t.Errorf("%q after %d attempts", got, n)
	}
	if got, want := l.text(), "a; b; c; c done: answered; c; c done: answered; b done: answered; a done: answered"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestStageOutcomes: whatever a stage does, all counters are even again, those above it
// hear what became of the request and those below nothing that they did not begin.
func TestStageOutcomes(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(a, b, c *witness)
		want   string
		status int
		kind   router.Kind
		class  string
	}{
		{"responds above", func(_, b, _ *witness) {
			b.does = func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
				return router.NewResponse(r, 429, "later"), nil
			}
		}, "a; b; a done: answered", 429, 0, "1.0"},
		{"responds below", func(_, _, c *witness) {
			c.does = func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
				return router.NewResponse(r, 503, "later"), nil
			}
		}, "a; b; c; b done: answered; a done: answered", 503, 0, "0.0"},
		{"fails", func(_, b, _ *witness) {
			b.does = func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errTest }
		}, "a; b; a done: unrouted", 0, router.StageFailed, ""},
		{"does nothing", func(_, _, c *witness) {
			c.does = func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, nil }
		}, "a; b; c; b done: unrouted; a done: unrouted", 0, router.StageFailed, ""},
		{"passes it on twice", func(_, b, _ *witness) {
			b.does = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err == nil {
					resp.Body.Close()
				}
				return next.RoundTrip(r)
			}
		}, "a; b; c; c done: answered; b done: answered; a done: answered", 0, router.StageFailed, ""},
		{"replaces the response", func(a, _, _ *witness) {
			a.does = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err == nil {
					resp.Body.Close()
				}
				return router.NewResponse(r, 500, "another"), err
			}
		}, "a; b; c; c done: answered; b done: answered; a done: answered", 500, 0, "0.0"},
		{"fails after the response", func(_, b, _ *witness) {
			b.does = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
				_, _ = next.RoundTrip(r)
				return nil, errTest
			}
		}, "a; b; c; c done: answered; b done: answered; a done: answered", 0, router.StageFailed, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var l log
			f := start(t, witnessed(&l, row.change))
			f.names.Bind("/web", "10.0.0.1:80")
			resp, err := f.RoundTrip(request(t, "web"))
			switch {
			case row.kind != 0:
				if !errors.Is(err, row.kind) {
					t.Errorf("%v", err)
				}
			case err != nil:
				t.Fatal(err)
			default:
				if resp.StatusCode != row.status || resp.Header.Get("l5d-success-class") != row.class {
					t.Errorf("%d of class %q", resp.StatusCode, resp.Header.Get("l5d-success-class"))
				}
				resp.Body.Close()
			}
			if got := l.text(); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
			if s, c := f.Stats(), f.ServiceStats()[0]; s.Pending != 0 || c.Pending != 0 || s.Requests != s.Success+s.Failures {
				t.Errorf("%+v, %+v", s, c)
			}
			for _, c := range f.ClientStats() {
				if c.Pending != 0 || c.Balance.Pending != 0 {
					t.Errorf("%+v", c)
				}
			}
		})
	}
}

// TestStageFallsBack: a stage may respond where those below it failed.
func TestStageFallsBack(t *testing.T) {
	for _, of := range []string{"service", "client"} {
		fallback := func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if resp, err := next.RoundTrip(r); err == nil {
				return resp, nil
			}
			return router.NewResponse(r, 200, "instead"), nil
		}
		var l log
		f := start(t, witnessed(&l, func(a, _, c *witness) {
			if of == "service" {
				a.does = fallback
			} else {
				c.does = fallback
			}
		}), over(func(*http.Request) (*http.Response, error) { return nil, errTest }))
		f.names.Bind("/web", "10.0.0.1:80")
		if got := f.mustAsk(t, request(t, "web")); got != "instead" {
			t.Errorf("%s: %q", of, got)
		}
		if s := f.Stats(); s.Pending != 0 || s.Success != 1 {
			t.Errorf("%s: %+v", of, s)
		}
	}
}

// TestStageChangesTheRequest: what a stage passes on is what is sent, with the body that
// the router keeps, and the context that a Finisher finds in it again.
func TestStageChangesTheRequest(t *testing.T) {
	type key struct{}
	var l log
	var sent []string
	f := start(t, witnessed(&l, func(a, _, c *witness) {
		a.does = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			r = r.Clone(context.WithValue(r.Context(), key{}, "of a"))
			r.Header.Set("A", "1")
			return next.RoundTrip(r)
		}
		c.does = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if r.Body != nil {
				t.Error("a stage of a client has the body")
			}
			r = r.Clone(r.Context())
			r.Header.Add("C", "1")
			return next.RoundTrip(r)
		}
	}), policy(router.ServicePolicy{Classifier: router.RetryableAll5XX()}), over(func(r *http.Request) (*http.Response, error) {
		text := make([]byte, 10)
		n, _ := r.Body.Read(text)
		r.Body.Close()
		sent = append(sent, fmt.Sprint(r.Context().Value(key{}), r.Header["A"], r.Header["C"], string(text[:n])))
		return answer(500, ""), nil
	}))
	f.names.Bind("/web", "10.0.0.1:80")
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://web/", struct{ *strings.Reader }{strings.NewReader("body")})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 4
	resp, err := f.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(sent) != 6 { // maxRetries 5
		t.Fatalf("%d attempts", len(sent))
	}
	for _, got := range sent {
		if got != "of a[1] [1]body" {
			t.Errorf("sent %s", got)
		}
	}
	if r.Header["A"] != nil {
		t.Error("the request of the caller was changed")
	}
}
