package router_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// sick is a replica set of two, one of which fails while it is sick.
type sick struct {
	*fixture
	ill        atomic.Bool
	asked, bad atomic.Int64
}

func startSick(t *testing.T, change ...func(*router.Config)) *sick {
	t.Helper()
	s := &sick{}
	s.ill.Store(true)
	s.fixture = start(t, append([]func(*router.Config){func(c *router.Config) {
		c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			bad := a.AddrPort.Port() == 1
			return canned(func(*http.Request) (*http.Response, error) {
				s.asked.Add(1)
				if bad {
					s.bad.Add(1)
					if s.ill.Load() {
						return answer(500, ""), nil
					}
				}
				return answer(200, ""), nil
			})
		}
	}}, change...)...)
	s.names.Bind("/web", "10.0.0.1:1", "10.0.0.1:2")
	return s
}

func (s *sick) stats() balance.Stats { return s.ClientStats()[0].Balance }

// TestAccrual: a replica that fails five times in a row is left alone for five
// seconds, probed, left alone for longer, and used again once it is well.
func TestAccrual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hop, spans := tracing(t)
		s := startSick(t, func(c *router.Config) { c.Hop = hop })
		for range 200 {
			s.ask(request(t, "web"))
		}
		if n := s.bad.Load(); n != 5 {
			t.Fatalf("the sick replica was asked %d times, want 5", n)
		}
		want := balance.Stats{Size: 2, Available: 1, Updates: 1, Adds: 2, Removals: 1, RemovedFor: 5 * time.Second}
		if diff := cmp.Diff(want, s.stats()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		time.Sleep(5 * time.Second)
		for range 200 {
			s.ask(request(t, "web"))
		}
		if n := s.bad.Load(); n != 6 {
			t.Errorf("the sick replica was asked %d times, want one probe more than 5", n)
		}
		s.ill.Store(false)
		time.Sleep(s.stats().RemovedFor)
		for range 200 {
			s.ask(request(t, "web"))
		}
		if n := s.bad.Load(); n < 50 {
			t.Errorf("the replica was asked %d times since it is well", n)
		}
		if stats := s.stats(); stats.Available != 2 || stats.Revivals != 1 || stats.Probes != 2 {
			t.Errorf("%+v", stats)
		}
		var events []string
		for _, r := range spans.Records() {
			for _, event := range tracetest.Events(r) {
				if strings.HasPrefix(event, "meshhop.endpoint.") {
					events = append(events, event)
				}
			}
		}
		if diff := cmp.Diff([]string{
			"meshhop.endpoint.removed", "meshhop.endpoint.probe", "meshhop.endpoint.extended", "meshhop.endpoint.probe", "meshhop.endpoint.revived",
		}, events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestNoAccrual: whoever does not want it does not have it.
func TestNoAccrual(t *testing.T) {
	s := startSick(t, func(c *router.Config) {
		c.Clients = func(resolve.Path) router.ClientPolicy {
			return router.ClientPolicy{FailureAccrual: balance.NoAccrual()}
		}
	})
	for range 200 {
		s.ask(request(t, "web"))
	}
	if n := s.bad.Load(); n < 50 {
		t.Errorf("the sick replica was asked %d times of 200", n)
	}
}

// TestNotTheReplicasFault: what callers do to themselves makes no replica count
// as dead.
func TestNotTheReplicasFault(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			<-never
		}
		io.Copy(io.Discard, r.Body)
	})
	for _, row := range []struct {
		name string
		make func(t *testing.T) *http.Request
	}{
		{"a deadline", func(t *testing.T) *http.Request {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			t.Cleanup(cancel)
			return with(ctx, request(t, "web"))
		}},
		{"leaving", func(t *testing.T) *http.Request {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Millisecond, cancel)
			return with(ctx, request(t, "web"))
		}},
		{"a body that breaks off", func(t *testing.T) *http.Request {
			r := request(t, "web")
			r.Method, r.ContentLength = "POST", 100
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errTest)))
			return r
		}},
		{"a header that cannot be sent", func(t *testing.T) *http.Request {
			r := request(t, "web")
			r.Header.Set("X", "a\nb")
			return r
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := start(t, sockets)
			f.names.Bind("/web", addr)
			for range 7 {
				if _, err := f.ask(row.make(t)); err == nil {
					t.Fatal("the request did not fail")
				}
			}
			if stats := f.ClientStats()[0].Balance; stats.Removals != 0 || stats.Available != 1 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// TestAttemptTimeoutsAreTheReplicasFault: one that does not answer in its time
// is left alone.
func TestAttemptTimeoutsAreTheReplicasFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, over(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		}), func(c *router.Config) {
			c.Clients = func(resolve.Path) router.ClientPolicy { return router.ClientPolicy{AttemptTimeout: time.Second} }
		})
		f.names.Bind("/web", "10.0.0.1:1")
		for range 5 {
			_, err := f.ask(request(t, "web"))
			if failed := (*router.Error)(nil); !errors.As(err, &failed) || failed.Kind != router.AttemptTimeout {
				t.Fatal(err)
			}
		}
		if stats := f.ClientStats()[0].Balance; stats.Removals != 1 || stats.Available != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// TestWeightChangesKeepConnections: an address that gets another weight is the
// same replica, with its connections and its history.
func TestWeightChangesKeepConnections(t *testing.T) {
	var made atomic.Int64
	f := start(t, func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper {
			made.Add(1)
			return canned(func(*http.Request) (*http.Response, error) { return answer(200, ""), nil })
		}
	})
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{address("10.0.0.1:80", 1)}}})
	f.mustAsk(t, request(t, "web"))
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{address("10.0.0.1:80", 0.5)}}})
	for f.ClientStats()[0].Endpoints[0].Weight != 0.5 {
		f.mustAsk(t, request(t, "web"))
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d transports were made", n)
	}
}

// TestAnswersThatBreakOff: a replica whose answers break off is left alone,
// though each of them began well; but not for callers who do not read to the end.
func TestAnswersThatBreakOff(t *testing.T) {
	for _, row := range []struct {
		name, answer string
		leave        bool
		removed      uint64
	}{
		{"of known length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", false, 1},
		{"of unknown length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", false, 1},
		{"and the caller leaves", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			addr := backend(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				io.WriteString(conn, row.answer)
			})
			f := start(t, sockets)
			f.names.Bind("/web", addr)
			for range 6 {
				resp, err := f.RoundTrip(request(t, "web"))
				if err != nil {
					t.Fatal(err)
				}
				if !row.leave {
					if _, err := io.ReadAll(resp.Body); err == nil {
						t.Fatal("the answer did not break off")
					}
				}
				resp.Body.Close()
			}
			if got := f.ClientStats()[0].Balance.Removals; got != row.removed {
				t.Errorf("%d removals, want %d", got, row.removed)
			}
		})
	}
}
