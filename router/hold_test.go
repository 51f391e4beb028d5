package router_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// stream is the body of a response whose parts come when a test wants them to, and which
// ends with trailers or an error.
type stream struct {
	parts  <-chan string
	end    error // nil: io.EOF
	resp   *http.Response
	status string // grpc-status in the trailers
	closed chan struct{}
	left   string
}

// streamed is a response with that body.
func streamed(parts <-chan string, status string, end error) *http.Response {
	resp := answer(200, "", "Content-Type", "application/grpc")
	resp.ContentLength = -1
	resp.Body = &stream{parts: parts, end: end, resp: resp, status: status, closed: make(chan struct{})}
	return resp
}

// whole is a response that has come as a whole.
func whole(status string, parts ...string) *http.Response {
	return streamed(these(parts...), status, nil)
}

func these(parts ...string) <-chan string {
	all := make(chan string, len(parts))
	for _, part := range parts {
		all <- part
	}
	close(all)
	return all
}

func (s *stream) Read(p []byte) (int, error) {
	if s.left == "" {
		var ok bool
		select {
		case s.left, ok = <-s.parts:
		case <-s.closed:
			return 0, http.ErrBodyReadAfterClose
		}
		if !ok {
			if s.end != nil {
				return 0, s.end
			}
			s.resp.Trailer = http.Header{"Grpc-Status": {s.status}}
			return 0, io.EOF
		}
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

func (s *stream) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

// message is a message of a gRPC call.
func message(text string) string { return "\x00\x00\x00\x00" + string(rune(len(text))) + text }

// call is a request for a gRPC call.
func call(t testing.TB, body io.Reader) *http.Request {
	t.Helper()
	r := request(t, "web")
	r.Method, r.Proto, r.ProtoMajor, r.ProtoMinor = "POST", "HTTP/2.0", 2, 0
	r.Header.Set("Content-Type", "application/grpc")
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(body), -1
	}
	return r
}

// tried is a router in front of one replica that gives the responses in turn, and reads
// the requests as a whole first.
func tried(t testing.TB, p router.ServicePolicy, all ...*http.Response) (f *fixture, sent *int) {
	sent = new(int)
	f = start(t, over(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
		}
		*sent++
		return all[*sent-1], nil
	}), policy(p))
	f.names.Bind("/web", "10.0.0.1:80")
	return f, sent
}

// stats are those of the one service and the one replica set.
func (f *fixture) stats(t testing.TB) (router.ServiceStats, router.ClientStats) {
	t.Helper()
	services, clients := f.ServiceStats(), f.ClientStats()
	if len(services) != 1 || len(clients) != 1 {
		t.Fatalf("%d services, %d clients", len(services), len(clients))
	}
	return services[0], clients[0]
}

// TestCallsAreRetried: vector 456 and what stands in the trailers of the last response.
func TestCallsAreRetried(t *testing.T) {
	f, sent := tried(t, router.ServicePolicy{Classifier: router.GRPCDefault()},
		whole("14", message("one")), whole("14"), whole("0", message("three")))
	resp, err := f.RoundTrip(call(t, strings.NewReader(message("hello"))))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != message("three") || resp.Trailer.Get("grpc-status") != "0" || *sent != 3 {
		t.Errorf("%q with trailers %v after %d attempts, %v", body, resp.Trailer, *sent, err)
	}
	if got := resp.Header.Get("l5d-success-class"); got != "1.0" {
		t.Errorf("the class in the head of a response that was held back: %q", got)
	}
	resp.Body.Close()
	service, client := f.stats(t)
	if service.Success != 1 || service.Failures != 0 || service.Retries.Total != 2 || client.Success != 1 || client.Failures != 2 {
		t.Errorf("service %+v, client %+v", service, client)
	}
	if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
		t.Error("a closed body can be read")
	}
}

// TestEndsAreCounted: vectors 449, 450, 451 and 466: statistics and failure accrual see the
// end of the response.
func TestEndsAreCounted(t *testing.T) {
	broke := errors.New("broke")
	for _, row := range []struct {
		about    string
		of       router.Classifier
		method   string
		grpc     bool
		answers  []*http.Response
		failures uint64 // of the service
		client   uint64 // failures there
		class    string // in the trailers; empty: it is in the head
	}{
		{"vector 449: a GET", router.WholeStream(router.RetryableRead5XX()), "GET", false, []*http.Response{whole("")}, 0, 0, ""},
		{"vector 450: a POST of 500", router.WholeStream(router.RetryableRead5XX()), "POST", false, []*http.Response{answer(500, "")}, 1, 1, ""},
		{"vector 450: 500, and then 200", router.WholeStream(router.RetryableAll5XX()), "POST", false, []*http.Response{answer(500, ""), whole("")}, 0, 1, ""},
		{"vector 451: it breaks off", nil, "GET", false, []*http.Response{streamed(these("half"), "", broke)}, 1, 1, ""},
		{"a GET, by default", nil, "GET", false, []*http.Response{whole("")}, 0, 0, "1.0"},
		{"a GET whose trailers have a status is no call", nil, "GET", false, []*http.Response{whole("5")}, 0, 0, "1.0"},
		{"a call, by default", nil, "POST", true, []*http.Response{whole("0", message("x"))}, 0, 0, "1.0"},
		{"a call that failed, by default", nil, "POST", true, []*http.Response{whole("14", message("x"))}, 1, 1, "0.0"},
		{"vector 466: a call without messages", nil, "POST", true, []*http.Response{answer(200, "", "Grpc-Status", "5")}, 1, 1, ""},
		{"a call without a status", nil, "POST", true, []*http.Response{answer(200, "")}, 1, 1, "0.0"},
		{"it breaks off and is made again", router.WholeStream(router.RetryableRead5XX()), "GET", false,
			[]*http.Response{streamed(these("half"), "", io.ErrUnexpectedEOF), whole("", "all")}, 0, 1, ""},
	} {
		t.Run(row.about, func(t *testing.T) {
			f, sent := tried(t, router.ServicePolicy{Classifier: row.of}, row.answers...)
			r := call(t, nil)
			r.Method = row.method
			if !row.grpc {
				r.Header.Del("Content-Type")
			}
			resp, err := f.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(resp.Body)
			if broken := errors.Is(err, broke); broken != strings.HasPrefix(row.about, "vector 451") || *sent != len(row.answers) {
				t.Errorf("%v after %d attempts", err, *sent)
			}
			resp.Body.Close()
			if got := resp.Trailer.Get("l5d-success-class"); got != row.class && err == nil {
				t.Errorf("class %q in the trailers, want %q", got, row.class)
			}
			if got := resp.Header.Get("l5d-success-class"); (got == "") != (row.class != "" || err != nil) {
				t.Errorf("class %q in the head", got)
			}
			service, client := f.stats(t)
			all := f.Stats()
			if all.Failures != row.failures || service.Failures != row.failures || client.Failures != row.client ||
				service.Success != 1-row.failures || all.Success != 1-row.failures || client.Success != uint64(*sent)-row.client {
				t.Errorf("router %+v, service %+v, client %+v", all, service, client)
			}
			if service.Pending != 0 || client.Pending != 0 || all.Pending != 0 {
				t.Error("something is pending")
			}
		})
	}
}

// TestEndsKill: an endpoint whose calls fail in their trailers is marked dead.
func TestEndsKill(t *testing.T) {
	var all []*http.Response
	for range 6 {
		all = append(all, whole("14", message("x")))
	}
	f, _ := tried(t, router.ServicePolicy{}, all...)
	for range 5 {
		f.mustAsk(t, call(t, nil))
	}
	if _, client := f.stats(t); client.Balance.Removals != 1 {
		t.Errorf("%+v", client.Balance)
	}
}

// TestLeftUndecided: a response that its client leaves is what its head says.
func TestLeftUndecided(t *testing.T) {
	f, _ := tried(t, router.ServicePolicy{}, streamed(make(chan string), "14", nil))
	resp, err := f.RoundTrip(call(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if service, client := f.stats(t); service.Success != 1 || client.Success != 1 || service.Failures+client.Failures != 0 {
		t.Errorf("service %+v, client %+v", service, client)
	}
}

// TestNotHeld: vectors 457 to 459: what is passed on before its end, and when.
func TestNotHeld(t *testing.T) {
	for _, row := range []struct {
		about   string
		policy  router.ServicePolicy
		body    string        // of the request; empty: one message
		parts   []string      // of the response that have come; it stays open
		after   time.Duration // when it is passed on
		retries router.RetryStats
	}{
		{about: "vector 457: the request is too long", policy: router.ServicePolicy{Classifier: router.GRPCDefault(), ReplayBytes: 3},
			retries: router.RetryStats{NotReplayable: 1}},
		{about: "vector 458: the response is too long", policy: router.ServicePolicy{Classifier: router.GRPCDefault(), HoldBytes: 4},
			parts: []string{message("12345")}, retries: router.RetryStats{ResponseTooLong: 1}},
		{about: "vector 459: it stays open", policy: router.ServicePolicy{Classifier: router.GRPCDefault()},
			parts: []string{message("12345")}, after: 100 * time.Millisecond, retries: router.RetryStats{ClassificationTimeout: 1}},
		{about: "vector 459: it stays open, for another time", policy: router.ServicePolicy{Classifier: router.GRPCDefault(), HoldTime: time.Second},
			after: time.Second, retries: router.RetryStats{ClassificationTimeout: 1}},
		{about: "vector 459: nothing is retryable", policy: router.ServicePolicy{Classifier: router.GRPCNeverRetryable()}},
		{about: "vector 459: by default nothing is"},
		{about: "no time", policy: router.ServicePolicy{Classifier: router.GRPCDefault(), HoldTime: -1}},
		{about: "no bytes", policy: router.ServicePolicy{Classifier: router.GRPCDefault(), HoldBytes: -1}},
		{about: "no retries", policy: router.ServicePolicy{Classifier: router.GRPCDefault(), MaxRetries: -1}},
		{about: "two messages", policy: router.ServicePolicy{Classifier: router.GRPCDefault()}, parts: []string{message("a"), message("b")}},
		{about: "one message and a half", policy: router.ServicePolicy{Classifier: router.GRPCDefault()}, parts: []string{message("a") + "\x00"}},
		{about: "half a message", policy: router.ServicePolicy{Classifier: router.GRPCDefault()}, parts: []string{message("abc")[:6]},
			after: 100 * time.Millisecond, retries: router.RetryStats{ClassificationTimeout: 1}},
	} {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				more := make(chan string, len(row.parts))
				for _, part := range row.parts {
					more <- part
				}
				resp := streamed(more, "14", nil)
				f, sent := tried(t, row.policy, resp)
				began := time.Now()
				got, err := f.RoundTrip(call(t, strings.NewReader(message("hello"))))
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != row.after {
					t.Errorf("after %v, want %v", took, row.after)
				}
				synctest.Wait()
				go func() { more <- "the rest"; close(more) }()
				body, err := io.ReadAll(got.Body)
				if want := strings.Join(row.parts, "") + "the rest"; err != nil || string(body) != want || got.Trailer.Get("grpc-status") != "14" || *sent != 1 {
					t.Errorf("%q, %v, trailers %v, %d attempts", body, err, got.Trailer, *sent)
				}
				got.Body.Close()
				service, client := f.stats(t)
				service.Retries.Budget = 0
				if service.Failures != 1 || client.Failures != 1 || service.Retries != row.retries {
					t.Errorf("%+v", service)
				}
			})
		})
	}
}

// TestNotHeldWhileAsking: a message that comes before the request has ended is one of a
// stream in both directions, which may never end without it.
func TestNotHeldWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asking, write := io.Pipe()
		f := start(t, over(func(r *http.Request) (*http.Response, error) {
			return streamed(these(message("early")), "0", nil), nil
		}), policy(router.ServicePolicy{Classifier: router.GRPCDefault()}))
		f.names.Bind("/web", "10.0.0.1:80")
		began := time.Now()
		resp, err := f.RoundTrip(call(t, asking))
		if err != nil || time.Since(began) != 0 {
			t.Fatalf("after %v: %v", time.Since(began), err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || string(body) != message("early") {
			t.Errorf("%q, %v", body, err)
		}
		resp.Body.Close()
		write.Close()
	})
}

// TestHeldAndLeft: a client that leaves, and a router that closes, do not wait for the end
// of a response that is held back, and leave no goroutine behind.
func TestHeldAndLeft(t *testing.T) {
	for _, by := range []string{"the client", "the router"} {
		t.Run(by, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, _ := tried(t, router.ServicePolicy{Classifier: router.GRPCDefault(), HoldTime: time.Hour}, streamed(make(chan string), "14", nil))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				began, got := time.Now(), make(chan *http.Response)
				go func() {
					resp, err := f.RoundTrip(with(ctx, call(t, nil)))
					if err != nil {
						t.Error(err)
					}
					got <- resp
				}()
				synctest.Wait()
				if by == "the client" {
					cancel()
				} else if err := f.Close(); err != nil {
					t.Error(err)
				}
				resp := <-got
				resp.Body.Close()
				if took := time.Since(began); took != 0 {
					t.Errorf("after %v", took)
				}
				if n := f.ServiceStats(); len(n) == 1 && n[0].Retries.ClassificationTimeout != 0 && by == "the client" {
					t.Error("a client that left counts as a timeout")
				}
			})
		})
	}
}

// stubborn is a stage that makes an error of each response.
type stubborn struct{}

func (stubborn) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	resp, err := next.RoundTrip(r)
	if err == nil {
		resp.Body.Close()
		err = errTest
	}
	return nil, err
}

// TestUndecidedAndStages: a request is counted once whatever the program's own stages make
// of a response whose end is open.
func TestUndecidedAndStages(t *testing.T) {
	for _, row := range []struct {
		about             string
		stage             router.Stage
		success, failures uint64
	}{
		{"an error", stubborn{}, 0, 1},
		{"a response of its own", replacing{}, 1, 0},
	} {
		t.Run(row.about, func(t *testing.T) {
			f := start(t, over(func(*http.Request) (*http.Response, error) { return whole("0", message("x")), nil }), func(c *router.Config) {
				c.Stages.Service = func(resolve.Path) []router.Stage { return []router.Stage{row.stage} }
			})
			f.names.Bind("/web", "10.0.0.1:80")
			if resp, err := f.RoundTrip(call(t, nil)); err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			service, client := f.stats(t)
			if service.Success != row.success || service.Failures != row.failures || client.Success+client.Failures != 1 {
				t.Errorf("service %+v, client %+v", service, client)
			}
		})
	}
}

type replacing struct{}

func (replacing) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	return router.NewResponse(r, 200, "mine"), nil
}

// TestRequestBreaks: a response that ends because its client sends no more is no failure of
// the endpoint.
func TestRequestBreaks(t *testing.T) {
	for _, err := range []error{
		&h1.Error{Op: relay.OpBody, Err: errTest}, &h2client.Error{Op: relay.OpBody, Err: errTest},
	} {
		f, _ := tried(t, router.ServicePolicy{}, streamed(these(message("x")), "", err))
		resp, failed := f.RoundTrip(call(t, nil))
		if failed != nil {
			t.Fatal(failed)
		}
		if _, got := io.Copy(io.Discard, resp.Body); !errors.Is(got, err) {
			t.Errorf("%v", got)
		}
		resp.Body.Close()
		if service, client := f.stats(t); service.Success != 1 || client.Success != 1 || service.Failures+client.Failures != 0 {
			t.Errorf("service %+v, client %+v", service, client)
		}
	}
}
