package router_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// TestOneRequestsShareOfTheRequeues: of a client's budget one request may use up a
// fifth, so that it cannot leave the others without any.
func TestOneRequestsShareOfTheRequeues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken, sent := false, 0
		f := start(t, over(func(*http.Request) (*http.Response, error) {
			if sent++; broken {
				return nil, unwritten()
			}
			return answer(200, ""), nil
		}), clientPolicy(router.ClientPolicy{RequeueBudget: budget(t, 10*time.Second, 0, 1), FailureAccrual: balance.NoAccrual()}),
			policy(router.ServicePolicy{MaxRetries: 1000}))
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80")
		for range 20 {
			f.mustAsk(t, request(t, "web"))
		}
		broken, sent = true, 0
		f.failure(t, request(t, "web"))
		if c := f.ClientStats()[0].Requeues; sent != 1+4 || c.Total != 4 || c.LimitReached != 1 || c.Budget != 16 {
			t.Errorf("sent %d times with a budget of 20: %+v", sent, c)
		}
	})
}

// TestNoRetryForNobody: once the caller has gone no retry is taken from the budget.
func TestNoRetryForNobody(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	sent := 0
	f := start(t, over(func(*http.Request) (*http.Response, error) {
		sent++
		leave()
		return answer(503, ""), nil
	}), policy(router.ServicePolicy{Classifier: router.RetryableRead5XX()}))
	f.names.Bind("/web", "10.0.0.1:80")
	resp, err := f.RoundTrip(with(ctx, request(t, "web")))
	if err != nil {
		t.Fatalf("%v, want the answer that there was", err)
	}
	resp.Body.Close()
	if s := f.ServiceStats()[0].Retries; sent != 1 || s.Total != 0 || s.Budget != 100 {
		t.Errorf("sent %d times: %+v", sent, s)
	}
}

// unwanted is the body of an answer in whose place another one comes.
type unwanted struct {
	io.Reader
	read, closed int
}

func (u *unwanted) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	u.read += n
	return n, err
}

func (u *unwanted) Close() error { u.closed++; return nil }

// TestUnwantedAnswers: a short one is read, for its connection's sake; of one that
// says that it is long nothing is.
func TestUnwantedAnswers(t *testing.T) {
	for _, row := range []struct{ length, read int }{{0, 0}, {1000, 1000}, {16 << 10, 16 << 10}, {16<<10 + 1, 0}, {1 << 20, 0}} {
		t.Run(fmt.Sprint(row.length), func(t *testing.T) {
			body := &unwanted{Reader: strings.NewReader(strings.Repeat("x", row.length))}
			sent := 0
			f := start(t, over(func(*http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					return answer(200, ""), nil
				}
				resp := answer(503, "")
				resp.Body, resp.ContentLength = body, int64(row.length)
				return resp, nil
			}), policy(router.ServicePolicy{Classifier: router.RetryableRead5XX()}))
			f.names.Bind("/web", "10.0.0.1:80")
			f.mustAsk(t, request(t, "web"))
			if body.read != row.read || body.closed == 0 || sent != 2 {
				t.Errorf("%d of %d bytes were read, closed %d times, sent %d times", body.read, row.length, body.closed, sent)
			}
		})
	}
}

// lookingElsewhere has two replicas of which the first does not do what is asked.
func lookingElsewhere(t *testing.T, fail func() (*http.Response, error), service router.ServicePolicy) {
	t.Helper()
	failed := 0
	f := start(t, func(c *router.Config) {
		c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return canned(func(*http.Request) (*http.Response, error) {
				if a.AddrPort.Port() == 1 {
					failed++
					return fail()
				}
				return answer(200, ""), nil
			})
		}
	}, policy(service), clientPolicy(router.ClientPolicy{FailureAccrual: balance.NoAccrual()}))
	f.names.Bind("/web", "10.0.0.1:1", "10.0.0.2:2")
	met := 0
	for range 200 {
		failed = 0
		f.mustAsk(t, request(t, "web"))
		if failed > 1 {
			t.Fatalf("one request was sent %d times to a replica that had failed it, beside another one", failed)
		}
		met += failed
	}
	if met == 0 {
		t.Error("the replica was never asked")
	}
}

// TestRequeuesAndRetriesLookElsewhere: a request that one of two replicas failed
// goes to the other, though the first has no load and is never left alone.
func TestRequeuesAndRetriesLookElsewhere(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		lookingElsewhere(t, func() (*http.Response, error) { return nil, refused() }, router.ServicePolicy{})
	})
	t.Run("unwritten", func(t *testing.T) {
		lookingElsewhere(t, func() (*http.Response, error) { return nil, unwritten() }, router.ServicePolicy{})
	})
	t.Run("retried", func(t *testing.T) {
		lookingElsewhere(t, func() (*http.Response, error) { return answer(500, ""), nil },
			router.ServicePolicy{Classifier: router.RetryableRead5XX()})
	})
}

// TestRefusalsEndWithTheSet: what a replica refuses unread is sent again only
// until that counts as dead.
func TestRefusalsEndWithTheSet(t *testing.T) {
	sent := 0
	f := start(t, over(func(*http.Request) (*http.Response, error) {
		sent++
		return answer(503, "", "Finagle-Http-Nack", "true"), nil
	}), policy(router.ServicePolicy{MaxRetries: 50}))
	f.names.Bind("/web", "10.0.0.1:80")
	for _, want := range []int{5, 1, 1} {
		sent = 0
		f.failure(t, request(t, "web"))
		if sent != want {
			t.Errorf("sent %d times, want %d", sent, want)
		}
	}
	if c := f.ClientStats()[0].Requeues; c.Total != 4 || c.NoneAlive != 3 {
		t.Errorf("%+v", c)
	}
}

// TestRetriesStartOverWithTheName: which may have come to mean something else
// during the backoff.
func TestRetriesStartOverWithTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
				return canned(func(*http.Request) (*http.Response, error) {
					if a.AddrPort.Port() == 1 {
						return answer(500, ""), nil
					}
					return answer(200, a.AddrPort.String()), nil
				})
			}
		}, policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), Backoff: balance.ConstantBackoff(time.Second)}))
		defer f.Close()
		f.names.Bind("/bad", "10.0.0.1:1")
		f.names.Bind("/good", "10.0.0.1:2")
		f.names.Set("/web", "/#/fake/bad")
		time.AfterFunc(time.Second/2, func() { f.names.Set("/web", "/#/fake/good") })
		if got := f.mustAsk(t, request(t, "web")); got != "10.0.0.1:2" {
			t.Errorf("answered by %q", got)
		}
		for _, c := range f.ClientStats() {
			if c.ID == resolve.MustPath("/#/fake/bad") && c.Requests != 1 {
				t.Errorf("%d requests to what the name meant before", c.Requests)
			}
		}
	})
}

// retryAll is a classifier by which everything that fails may be done again.
type retryAll struct{}

func (retryAll) Classify(_ *http.Request, _ *http.Response, err error) router.Class {
	if err != nil {
		return router.RetryableFailure
	}
	return router.Success
}

// TestRetriesEndTheirAttempts: an attempt that is retried, and not requeued, has ended:
// its span says what became of it also if nothing follows, and its endpoint is to blame
// for a connection that was stale.
func TestRetriesEndTheirAttempts(t *testing.T) {
	for name, err := range map[string]error{
		"no connection": refused(),
		"stale":         &h1.Error{Op: relay.OpRead, Wrote: true, WroteAll: true, Reused: true, Err: errTest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hop, spans := tracing(t)
				f := start(t, over(func(*http.Request) (*http.Response, error) { return nil, err }),
					func(c *router.Config) { c.Hop = hop },
					policy(router.ServicePolicy{Classifier: retryAll{}, Backoff: balance.ConstantBackoff(time.Hour)}),
					clientPolicy(router.ClientPolicy{FailureAccrual: consecutive(t, 1), RequeueBudget: budget(t, time.Second, 0, 0)}))
				defer f.Close()
				f.names.Bind("/web", "10.0.0.1:80")
				ctx, leave := context.WithCancel(t.Context())
				time.AfterFunc(time.Minute, leave)
				if failed := f.failure(t, with(ctx, request(t, "web"))); failed.Kind != router.Canceled {
					t.Error(failed)
				}
				if n := len(spans.Records()); n != 1 {
					t.Errorf("%d spans of one attempt", n)
				}
				if s := f.ClientStats()[0].Balance; s.Removals != 1 {
					t.Errorf("the endpoint is not blamed: %+v", s)
				}
			})
		})
	}
}
