package router

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// TestLatency: a service's request takes from its arrival to the last attempt's head, or
// until now where something came after that.
func TestLatency(t *testing.T) {
	for _, row := range []struct {
		name   string
		err    error
		own    int           // stages of the program's own
		ended  time.Duration // after the arrival; 0: there was no attempt
		status int
		want   time.Duration
		class  int
	}{
		{"a response", nil, 0, 30 * time.Millisecond, 404, 30 * time.Millisecond, 4},
		{"an error after an attempt", errFake, 0, 30 * time.Millisecond, 200, 50 * time.Millisecond, 0},
		{"an error without one", errFake, 0, 0, 200, 50 * time.Millisecond, 0},
		{"a response through a stage of the program's", nil, 1, 30 * time.Millisecond, 200, 50 * time.Millisecond, 2},
		{"a response of such a stage", nil, 1, 0, 999, 50 * time.Millisecond, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newAlone(t)
				<-time.After(time.Hour)
				s.service.own = row.own
				s.x.local.Arrived = time.Now()
				s.serve()
				s.below.does = func(x *exchange) (*http.Response, error) {
					if row.ended > 0 {
						x.ended = x.router.now() + row.ended
					}
					<-time.After(50 * time.Millisecond)
					return responseOf(row.status), row.err
				}
				stage := &latency{s.service, s.below}
				if _, err := stage.do(s.x); err != row.err {
					t.Error(err)
				}
				if s.x.local.Took != row.want {
					t.Errorf("it took %v, want %v", s.x.local.Took, row.want)
				}
				got := s.service.stats.latency.Read(s.now())[row.class]
				if got.All.Count() != 1 || got.All.Sum != float64(row.want) {
					t.Errorf("class %d has %+v", row.class, got.All)
				}
				if len(got.Exemplars) != 1 || got.Exemplars[0].Trace != s.x.local.ServerSpan.SpanContext().TraceID() {
					t.Errorf("exemplars: %v", got.Exemplars)
				}
				stage.done(s.x, Outcome{})
				s.below.want(t, "do", "unrouted")
			})
		})
	}
}

// TestLatencyWithoutTrace: what is not recorded is no exemplar.
func TestLatencyWithoutTrace(t *testing.T) {
	s := newAlone(t)
	s.x.local.Arrived = time.Now()
	s.below.does = func(*exchange) (*http.Response, error) { return responseOf(200), nil }
	if _, err := (&latency{s.service, s.below}).do(s.x); err != nil {
		t.Fatal(err)
	}
	if got := s.service.stats.latency.Read(s.now())[2]; got.All.Count() != 1 || got.Exemplars != nil {
		t.Errorf("%+v", got)
	}
}

// TestLatencies: what services, replica sets and pairs of them show after retries, by the
// status of each attempt and of the request.
func TestLatencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAlone(t, func(c *Config) {
			c.Services = func(resolve.Path) ServicePolicy { return ServicePolicy{Classifier: RetryableRead5XX()} }
			transport := new(slow)
			c.NewTransport = func(resolve.Address, TransportConfig) http.RoundTripper { return transport }
		})
		request, err := http.NewRequestWithContext(context.Background(), "GET", "http://web/", nil)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, s.Router, request) // 500 after 1 s, 500 after 1 s, 500 after 1 s, then 200
		got := s.View().Latencies()
		service, client := got.Services[s.service.name], got.Clients[s.client.id]
		if all := service.Total().All; all.Count() != 1 || time.Duration(all.Sum) != 4*time.Second {
			t.Errorf("the service: %d, %v", all.Count(), time.Duration(all.Sum))
		}
		if n := service[2].Recent.Count(); n != 1 {
			t.Errorf("the service has %d of 2XX", n)
		}
		for class, want := range []uint64{0, 0, 1, 0, 0, 3} {
			if all := client[class].All; all.Count() != want || all.Sum != float64(want*uint64(time.Second)) {
				t.Errorf("class %d of the client: %d, %v", class, all.Count(), time.Duration(all.Sum))
			}
		}
		if len(got.Pairs) != 1 {
			t.Fatalf("%d pairs", len(got.Pairs))
		}
		by := got.Pairs[0]
		if by.Service != s.service.name || by.Client != s.client.id || by.Success != 1 || by.Failures != 3 || by.Pending != 0 {
			t.Errorf("%+v", by)
		}
		if n := by.Latency.Total().All.Count(); n != 4 {
			t.Errorf("%d attempts by name", n)
		}
	})
}

// slow is a transport whose responses take a second; the first three have status 500.
type slow struct{ asked int }

func (s *slow) RoundTrip(*http.Request) (*http.Response, error) {
	<-time.After(time.Second)
	status := 200
	if s.asked++; s.asked <= 3 {
		status = 500
	}
	return responseOf(status), nil
}
