package ctxhdr_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
)

// deadlineIn is what a caller whose clock is ahead by skew writes when it waits
// for another left.
func deadlineIn(left, skew time.Duration) string {
	now := time.Now().Add(skew)
	return ctxhdr.Deadline{Timestamp: now, Deadline: now.Add(left)}.String()
}

// TestDeadlineReachesTheApplication: how long a handler's context lasts.
func TestDeadlineReachesTheApplication(t *testing.T) {
	upgrade := func(protocol string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", protocol)
		}
	}
	for _, row := range []struct {
		name    string
		headers func() []string
		change  func(*http.Request)
		context time.Duration // that the server sets
		opts    []ctxhdr.Option
		left    time.Duration
		never   bool
	}{
		{name: "100 ms", headers: func() []string { return []string{deadlineIn(100*time.Millisecond, 0)} }, left: 100 * time.Millisecond},
		{name: "it has been under way", headers: func() []string {
			return []string{ctxhdr.Deadline{Timestamp: time.Now().Add(-time.Second), Deadline: time.Now().Add(time.Second)}.String()}
		}, left: time.Second},
		{name: "the earliest of two", headers: func() []string { return []string{deadlineIn(time.Second, 0), deadlineIn(time.Minute, 0)} }, left: time.Second},
		{name: "a clock an hour ahead", headers: func() []string { return []string{deadlineIn(time.Second, time.Hour)} }, left: time.Second},
		{name: "a clock an hour behind", headers: func() []string { return []string{deadlineIn(time.Second, -time.Hour)} }, left: time.Second - time.Hour},
		{name: "it has passed", headers: func() []string { return []string{deadlineIn(-time.Second, 0)} }, left: -time.Second},
		{name: "the server's is earlier", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, context: 10 * time.Millisecond, left: 10 * time.Millisecond},
		{name: "the server's is later", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, context: time.Minute, left: time.Second},
		{name: "malformed", headers: func() []string { return []string{"soon"} }, never: true},
		{name: "none", headers: func() []string { return nil }, never: true},
		{name: "without end", headers: func() []string { return []string{"-9223372036854775808 9223372036854775807"} }, left: time.Unix(0, 1<<63-1).Sub(time.Unix(946684800, 0))},
		{name: "turned off", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, opts: []ctxhdr.Option{ctxhdr.WithoutDeadline()}, never: true},
		{name: "a websocket", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, change: upgrade("websocket"), never: true},
		{name: "several protocols", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, change: upgrade("h2c, websocket"), never: true},
		{name: "h2c is no reason", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, change: upgrade("h2c"), left: time.Second},
		{name: "a tunnel", headers: func() []string { return []string{deadlineIn(time.Second, 0)} }, change: func(r *http.Request) { r.Method = "CONNECT" }, never: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, called := time.Now(), false
				app := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					called = true
					at, ok := r.Context().Deadline()
					if ok == row.never || ok && at.Sub(began) != row.left {
						t.Errorf("deadline %v (in %v), %v", at, at.Sub(began), ok)
					}
					if row.never || row.left > time.Hour {
						return
					}
					<-r.Context().Done()
					if took := time.Since(began); took != max(row.left, 0) || r.Context().Err() != context.DeadlineExceeded {
						t.Errorf("done after %v: %v", took, r.Context().Err())
					}
				}), row.opts...)
				ctx := t.Context()
				if row.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.context)
					defer cancel()
				}
				r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
				r.Header["L5d-Ctx-Deadline"] = row.headers()
				if row.change != nil {
					row.change(r)
				}
				app.ServeHTTP(httptest.NewRecorder(), r)
				if !called {
					t.Error("the application was not called")
				}
			})
		})
	}
}

// TestDeadlineGoesOn: what a service's own request says, when the service has
// worked for a while. Times are from the beginning, by the service's clock.
func TestDeadlineGoesOn(t *testing.T) {
	const skew = time.Hour // of the caller's clock
	for _, row := range []struct {
		name       string
		caller     time.Duration // 0: no deadline
		context    time.Duration // that the service sets for its request
		detached   bool          // the service leaves the request's context
		own        func() string // what the service puts into the request
		middleware []ctxhdr.Option
		transport  []ctxhdr.Option
		want       time.Duration // 0: no header
		since      time.Duration // when the header says that it was set
	}{
		{name: "the caller's", caller: time.Second, want: time.Second, since: 300 * time.Millisecond},
		{name: "the service's is earlier", caller: time.Second, context: 500 * time.Millisecond, want: 500 * time.Millisecond, since: 300 * time.Millisecond},
		{name: "the service's is later", caller: time.Second, context: time.Minute, want: time.Second, since: 300 * time.Millisecond},
		{name: "the service's alone", context: time.Minute, want: time.Minute, since: 300 * time.Millisecond},
		{name: "neither"},
		{name: "the context was left", caller: time.Second, detached: true, want: time.Second, since: 300 * time.Millisecond},
		{name: "the request has an earlier one", caller: time.Minute, own: func() string { return deadlineIn(time.Second, 0) }, want: 1300 * time.Millisecond, since: 300 * time.Millisecond},
		{name: "the request has a later one", caller: time.Second, own: func() string { return deadlineIn(time.Minute, 0) }, want: time.Second, since: 300 * time.Millisecond},
		{name: "the request has what its caller sent", caller: time.Second, own: func() string { return deadlineIn(time.Second-300*time.Millisecond, skew) }, want: time.Second + skew, since: 300*time.Millisecond + skew},
		{name: "the request has one that is malformed", caller: time.Second, own: func() string { return "soon" }, want: time.Second, since: 300 * time.Millisecond},
		{name: "middleware without", caller: time.Second, middleware: []ctxhdr.Option{ctxhdr.WithoutDeadline()}, want: time.Second, since: 300 * time.Millisecond},
		{name: "transport without: as it came", caller: time.Second, context: 500 * time.Millisecond, transport: []ctxhdr.Option{ctxhdr.WithoutDeadline()}, want: time.Second + skew, since: skew},
		{name: "transport without, none came", context: time.Second, transport: []ctxhdr.Option{ctxhdr.WithoutDeadline()}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var got http.Header
				client := &http.Client{Transport: ctxhdr.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
					got = r.Header
					return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
				}), row.transport...)}
				app := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(300 * time.Millisecond)
					ctx := r.Context()
					if row.detached {
						ctx = context.WithoutCancel(ctx)
					}
					if row.context > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithDeadline(ctx, began.Add(row.context))
						defer cancel()
					}
					out, err := http.NewRequestWithContext(ctx, "GET", "http://world/", nil)
					if err != nil {
						t.Fatal(err)
					}
					if row.own != nil {
						out.Header.Set("l5d-ctx-deadline", row.own())
					}
					before := out.Header.Clone()
					resp, err := client.Do(out)
					if err != nil {
						t.Error(err)
						return
					}
					resp.Body.Close()
					if len(out.Header) != len(before) || out.Header.Get("l5d-ctx-deadline") != before.Get("l5d-ctx-deadline") {
						t.Errorf("the service's request was changed: %v", out.Header)
					}
				}), row.middleware...)
				r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
				if row.caller > 0 {
					r.Header.Set("l5d-ctx-deadline", deadlineIn(row.caller, skew))
				}
				app.ServeHTTP(httptest.NewRecorder(), r)
				d, ok := ctxhdr.Deadlines(got)
				if ok != (row.want != 0) || ok && (d.Deadline.Sub(began) != row.want || d.Timestamp.Sub(began) != row.since) {
					t.Errorf("%v: set %v, deadline %v from the beginning", got, d.Timestamp.Sub(began), d.Deadline.Sub(began))
				}
				if values := got.Values("l5d-ctx-deadline"); len(values) > 1 {
					t.Errorf("headers %q", values)
				}
			})
		})
	}
}

// TestLateResponse: who sets a deadline has DeadlineExceeded when it passes,
// also where a response of the mesh arrives at the same moment, or later
// because what is below does not observe the context.
func TestLateResponse(t *testing.T) {
	for _, row := range []struct {
		name  string
		takes time.Duration
		opts  []ctxhdr.Option
		late  bool
	}{
		{"in time", time.Second - 1, nil, false},
		{"at the same moment", time.Second, nil, true},
		{"later", 2 * time.Second, nil, true},
		{"without deadlines", 2 * time.Second, []ctxhdr.Option{ctxhdr.WithoutDeadline()}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := &closing{}
				rt := ctxhdr.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
					time.Sleep(row.takes)
					return &http.Response{StatusCode: http.StatusGatewayTimeout, Body: body}, nil
				}), row.opts...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, "GET", "http://world/", nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := rt.RoundTrip(r)
				if late := errors.Is(err, context.DeadlineExceeded); late != row.late || (resp == nil) != row.late || body.closed != row.late {
					t.Errorf("%v, %v; the body is closed: %v", resp, err, body.closed)
				}
			})
		})
	}
}

type closing struct{ closed bool }

func (*closing) Read([]byte) (int, error) { return 0, errors.New("nobody reads it") }
func (c *closing) Close() error           { c.closed = true; return nil }

// TestDeadlineOfAMessage: what came from a queue carries its deadline on, and
// ends nothing here.
func TestDeadlineOfAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := ctxhdr.NewContext(t.Context(), http.Header{"L5d-Ctx-Deadline": {deadlineIn(time.Second, time.Hour)}})
		if _, ok := ctx.Deadline(); ok {
			t.Error("the context ends")
		}
		time.Sleep(400 * time.Millisecond)
		var got http.Header
		r, err := http.NewRequestWithContext(ctx, "GET", "http://world/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ctxhdr.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
			got = r.Header
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		d, _ := ctxhdr.Deadlines(got)
		if left := d.Left(time.Now()); left != 600*time.Millisecond {
			t.Errorf("%v left", left)
		}
	})
}
