package router

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/h1"
)

// roundTripper is a transport of the test's.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSendErrors: each error of a transport is one result and one kind of error.
func TestSendErrors(t *testing.T) {
	const nothing, some, all = 0, 1, 2
	op := func(op string, wrote int) *h1.Error {
		return &h1.Error{Op: op, Wrote: wrote > nothing, WroteAll: wrote == all, Err: errFake}
	}
	reused := func(e *h1.Error) *h1.Error { e.Reused = true; return e }
	answered := func(e *h1.Error) *h1.Error { e.Responded = true; return e }
	for _, row := range []struct {
		name    string
		err     error
		method  string
		renewed bool
		result  endKind
		kind    Kind
		unsent  bool
	}{
		{name: "no connection", err: op(relay.OpConnect, nothing), result: endUnconnected, kind: ConnectFailed, unsent: true},
		{name: "no connection of another transport", err: &net.OpError{Op: "dial", Err: errFake}, result: endUnconnected, kind: ConnectFailed, unsent: true},
		{name: "a read of another transport", err: &net.OpError{Op: "read", Err: errFake}, result: endFailed},
		{name: "another error", err: errFake, result: endFailed},
		{name: "not valid", err: op(relay.OpRequest, nothing), result: endInvalid},
		{name: "its body broke off", err: op(relay.OpBody, some), result: endInvalid},
		{name: "too many wait", err: op(relay.OpWait, nothing), result: endInvalid},
		{name: "unwritten", err: op(relay.OpWrite, nothing), result: endUnsent, unsent: true},
		{name: "written in part", err: op(relay.OpWrite, some), result: endFailed},
		{name: "unanswered", err: op(relay.OpRead, all), result: endFailed},
		{name: "unanswered with nothing written", err: op(relay.OpRead, nothing), result: endFailed},
		{name: "malformed", err: reused(op(relay.OpParse, all)), result: endFailed},
		{name: "stale", err: reused(op(relay.OpRead, all)), result: endStale},
		{name: "stale, HEAD", method: "HEAD", err: reused(op(relay.OpRead, all)), result: endStale},
		{name: "stale in the write", err: reused(op(relay.OpWrite, some)), result: endStale},
		{name: "stale and unwritten", err: reused(op(relay.OpWrite, nothing)), result: endStale, unsent: true},
		{name: "stale again", renewed: true, err: reused(op(relay.OpRead, all)), result: endFailed},
		{name: "stale again and unwritten", renewed: true, err: reused(op(relay.OpWrite, nothing)), result: endUnsent, unsent: true},
		{name: "stale, POST", method: "POST", err: reused(op(relay.OpRead, all)), result: endFailed},
		{name: "stale and unwritten, PUT", method: "PUT", err: reused(op(relay.OpWrite, nothing)), result: endUnsent, unsent: true},
		{name: "answered", err: answered(reused(op(relay.OpRead, all))), result: endFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newAlone(t)
			stage := newSend(s.client, roundTripper(func(*http.Request) (*http.Response, error) { return nil, row.err }))
			if row.method != "" {
				s.x.out.Method = row.method
			}
			s.x.renewed = row.renewed
			a := s.begin(1)
			if row.kind == 0 {
				row.kind = RequestFailed
			}
			_, err := stage.do(s.x)
			e, ok := err.(*Error)
			if !ok || e.Kind != row.kind || e.Unsent != row.unsent || e.Err != row.err || a.outcome != (Outcome{end: row.result, Class: Failure, Err: err}) {
				t.Errorf("%+v, %+v", err, a.outcome)
			}
			if e.Dst != s.service.name || e.Bound != s.client.id || e.Addr != a.endpoint.Address().AddrPort.String() || len(e.Replicas) > 0 != (row.result == endUnconnected) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestSendInterrupted: what failed because the request's time was up or its client has
// left is no failure of the endpoint's, unless it is the time of the one attempt.
func TestSendInterrupted(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for _, row := range []struct {
		name      string
		ctx       context.Context
		limit     Kind // whose time is up; 0: none is
		responds  bool
		unlimited bool
		result    endKind
		kind      Kind
		text      string
	}{
		{name: "left", ctx: cancelled(), result: endLeft, kind: Canceled},
		{name: "the context's deadline", ctx: expired, result: endExpired, kind: DeadlineExceeded},
		{name: "left, but there is a response", ctx: cancelled(), responds: true, result: endAnswered},
		{name: "the attempt's time", limit: AttemptTimeout, result: endTimedOut, kind: AttemptTimeout, text: "1.seconds to #/fake/web while waiting for a response for an individual request"},
		{name: "a response after the attempt's time", limit: AttemptTimeout, responds: true, result: endTimedOut, kind: AttemptTimeout},
		{name: "the attempt's time, and left then", ctx: cancelled(), limit: AttemptTimeout, result: endTimedOut, kind: AttemptTimeout},
		{name: "the service's time", limit: TotalTimeout, result: endExpired, kind: TotalTimeout, text: "1.seconds to /svc/web while waiting for a response for the request"},
		{name: "the server's time", limit: ServerTimeout, result: endExpired, kind: ServerTimeout, text: "/svc/web"},
		{name: "the caller's time", limit: DeadlineExceeded, responds: true, result: endExpired, kind: DeadlineExceeded, text: "response of #/fake/web at 10.0.0."},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newAlone(t)
				body := &closings{Reader: strings.NewReader("abc")}
				stage := newSend(s.client, roundTripper(func(r *http.Request) (*http.Response, error) {
					if row.limit != 0 {
						time.Sleep(time.Second)
						synctest.Wait()
					}
					if !row.responds {
						return nil, errFake
					}
					resp := responseOf(200)
					resp.Body = body
					return resp, nil
				}))
				if row.ctx != nil {
					s.x.ctx = row.ctx
				}
				a := s.begin(0)
				if row.limit != 0 {
					a.ctx, a.alarm = newAlarm(context.Background(), within(time.Second, row.limit))
				}
				resp, err := stage.do(s.x)
				if row.kind == 0 {
					if err != nil {
						t.Fatal(err)
					}
					io.Copy(io.Discard, resp.Body)
				} else if e, ok := err.(*Error); !ok || e.Kind != row.kind || !strings.Contains(err.Error(), row.text) {
					t.Errorf("%v, want one of kind %v with %q", err, row.kind, row.text)
				}
				if a.outcome.end != row.result || a.outcome.Err != err {
					t.Errorf("%+v", a.outcome)
				}
				if row.responds && row.kind != 0 && body.n == 0 {
					t.Error("a response that came too late was not closed")
				}
			})
		})
	}
}

// TestSendRefused: a refusal is no response; its own body is read and closed.
func TestSendRefused(t *testing.T) {
	for name, want := range map[string]error{"Finagle-Http-Nack": errNacked, "Finagle-Http-Nonretryable-Nack": errFinalNacked} {
		s := newAlone(t)
		refusal := responseOf(503)
		body := &closings{Reader: strings.NewReader("abc")}
		refusal.Header.Set(name, "true")
		refusal.Body = body
		stage := newSend(s.client, roundTripper(func(*http.Request) (*http.Response, error) { return refusal, nil }))
		a := s.begin(0)
		_, err := stage.do(s.x)
		if !errors.Is(err, Nacked) || !errors.Is(err, want) || a.outcome.end != endRefused || a.refusal != refusal || body.n == 0 {
			t.Errorf("%v, %+v, closed %d times", err, a.outcome, body.n)
		}
	}
}

// knowing is a transport that knows what a proxy wants of it.
type knowing struct {
	roundTripper
	got *relay.Exchange
}

func (k *knowing) Send(r *http.Request, x *relay.Exchange) (*http.Response, error) {
	k.got = x
	return k.roundTripper(r)
}

// TestSend: a transport gets a request of its own, and what else it has to know.
func TestSend(t *testing.T) {
	s := newAlone(t, func(c *Config) {
		c.Interpreter = constant{resolve.LeafOf(&resolve.Bound{
			ID:   resolve.MustPath("/#/fake/web"),
			Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Weight: 1, Authority: "inside:80"}}}),
		})}
	})
	var sent *http.Request
	transport := &knowing{roundTripper: func(r *http.Request) (*http.Response, error) {
		sent = r
		return &http.Response{StatusCode: 200}, nil
	}}
	stage := newSend(s.client, transport)
	a := s.begin(0)
	s.x.renewed = true
	s.x.out.Body = http.NoBody
	s.x.out.Header.Set("X", "y")
	a.header.add(dstServiceField, "/svc/web")
	resp, err := stage.do(s.x)
	if err != nil || resp.Header == nil || resp.Body != http.NoBody || a.outcome.end != endAnswered {
		t.Errorf("%v, %+v, %+v", err, resp, a.outcome)
	}
	if transport.got != &a.exchange || relay.FromContext(sent.Context()) != &a.exchange || !a.exchange.Fresh || a.exchange.Times != &a.times || a.exchange.Edit != nil {
		t.Errorf("%+v", transport.got)
	}
	if sent.Host != "inside:80" || sent.Header.Get("X") != "y" || sent.Header.Get("L5d-Dst-Service") != "/svc/web" || sent.Body != http.NoBody {
		t.Errorf("%+v", sent)
	}
	sent.Header.Set("X", "z")
	sent.URL.Host = "other"
	if s.x.out.Header.Get("X") != "y" || s.x.out.URL.Host != "web" || s.x.out.Host != "web" {
		t.Errorf("%+v was changed", s.x.out)
	}
	stage.done(s.x, Outcome{})
}

// TestSendBody: each attempt has a body of its own; one that cannot be had again is not
// the endpoint's fault.
func TestSendBody(t *testing.T) {
	s := newAlone(t)
	stage := newSend(s.client, roundTripper(func(r *http.Request) (*http.Response, error) {
		if text, err := io.ReadAll(r.Body); string(text) != "abc" || err != nil || r.Trailer == nil {
			t.Errorf("%q, %v, trailer %v", text, err, r.Trailer)
		}
		r.Trailer.Set("Y", "an attempt's own")
		return nil, errFake
	}))
	s.x.out.Body, s.x.out.ContentLength = io.NopCloser(strings.NewReader("abc")), 3
	s.x.out.Trailer = http.Header{"X": nil}
	s.x.body.begin(s.x.out, 10, new(bodyPool))
	for range 2 {
		s.begin(0)
		if _, err := stage.do(s.x); !errors.Is(err, errFake) || s.x.body.takeBack() != "" {
			t.Error(err)
		}
	}
	if len(s.x.out.Trailer) != 1 {
		t.Errorf("an attempt changed the trailer of the request: %v", s.x.out.Trailer)
	}
	s.x.body = sentBody{handed: true}
	s.x.out.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrNoProgress }
	a := s.begin(0)
	if _, err := stage.do(s.x); !errors.Is(err, RequestFailed) || !errors.Is(err, io.ErrNoProgress) || a.outcome.end != endInvalid {
		t.Errorf("%v, %+v", err, a.outcome)
	}
}
