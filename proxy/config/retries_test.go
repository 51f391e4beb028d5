package config_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// counted counts the requests to a host, which all take a while and fail.
type counted struct {
	takes time.Duration
	sent  map[string]int
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent[r.Host]++
	select {
	case <-time.After(c.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// TestPolicies: what a file says of services and clients reaches the router.
func TestPolicies(t *testing.T) {
	const static = `
  service:
    kind: io.l5d.static
    configs:
    - prefix: /svc
      responseClassifier: {kind: io.l5d.http.retryableRead5XX}
      totalTimeoutMs: 500
      retries: {maxRetries: 2}
    - prefix: /svc/{anything}.b
      totalTimeoutMs: 5000
      retries: {backoff: {kind: constant, ms: 100}}
    - prefix: /svc/never.b
      retries: {maxRetries: 0}
    - prefix: /other
      totalTimeoutMs: 1
  client:
    kind: io.l5d.static
    configs:
    - prefix: /
      requestAttemptTimeoutMs: 20
    - prefix: "/$/inet/{host}.b"
      requestAttemptTimeoutMs: 200
`
	for _, row := range []struct {
		name, keys, host string
		takes            time.Duration // of each attempt
		sent             int
		after            time.Duration
		kind             router.Kind // 0: answered with 500
	}{
		{"nothing", "", "a", 0, 1, 0, 0},
		{"a classifier", "\n  service: {responseClassifier: {kind: io.l5d.http.retryableRead5XX}}\n", "a", 0, 6, 0, 0},
		{"another classifier", "\n  service: {kind: io.l5d.global, responseClassifier: {kind: io.l5d.http.allSuccessful}}\n", "a", 0, 1, 0, 0},
		{"a budget", "\n  service: {responseClassifier: {kind: io.l5d.http.retryableAll5XX}, retries: {budget: {minRetriesPerSec: 1, ttlSecs: 3, percentCanRetry: 0.0}}}\n", "a", 0, 4, 0, 0},
		{"a backoff", "\n  service: {responseClassifier: {kind: io.l5d.http.retryableIdempotent5XX}, retries: {maxRetries: 3, backoff: {kind: constant, ms: 1000}}}\n", "a", 0, 4, 3 * time.Second, 0},
		{"a total timeout", "\n  service: {totalTimeoutMs: 30}\n", "a", time.Second, 1, 30 * time.Millisecond, router.TotalTimeout},
		{"an attempt's timeout", "\n  client: {requestAttemptTimeoutMs: 40}\n", "a", time.Second, 1, 40 * time.Millisecond, router.AttemptTimeout},
		{"the first of several", static, "a", time.Second, 3, 60 * time.Millisecond, router.AttemptTimeout},
		{"the second adds to it, and a capture matches", static, "a.b", time.Second, 3, 800 * time.Millisecond, router.AttemptTimeout},
		{"a later key wins", static, "never.b", time.Second, 1, 200 * time.Millisecond, router.AttemptTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := counted{row.takes, map[string]int{}}
				kinds := config.Builtin()
				kinds.Utilities["inet"] = config.Ready[resolve.Namer](anywhere{})
				mesh := build(t, valid+"  dtab: /svc => /$/inet"+orNewline(row.keys), kinds, config.BuildOptions{
					NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return transport },
				})
				began := time.Now()
				r, err := http.NewRequest(http.MethodGet, "http://"+row.host+"/", nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := mesh.Routers[0].RoundTrip(r)
				if took := time.Since(began); took != row.after || transport.sent[row.host] != row.sent {
					t.Errorf("%d attempts in %v, want %d in %v", transport.sent[row.host], took, row.sent, row.after)
				}
				if row.kind == 0 {
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					return
				}
				if failed, ok := err.(*router.Error); !ok || failed.Kind != row.kind {
					t.Errorf("%v, want %s", err, row.kind)
				}
			})
		})
	}
}

func orNewline(keys string) string {
	if keys == "" {
		return "\n"
	}
	return keys
}

// anywhere binds every name to one replica.
type anywhere struct{}

func (anywhere) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
		ID:   p,
		Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Weight: 1}}}),
	}}))
}

// TestRequeueBudget reaches the router, too.
func TestRequeueBudget(t *testing.T) {
	kinds := config.Builtin()
	kinds.Utilities["inet"] = config.Ready[resolve.Namer](anywhere{})
	mesh := build(t, valid+"  dtab: /svc => /$/inet\n  client: {requeueBudget: {ttlSecs: 7, minRetriesPerSec: 3}}\n", kinds, config.BuildOptions{
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return counted{0, map[string]int{}} },
	})
	r, err := http.NewRequest(http.MethodGet, "http://a/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := mesh.Routers[0].RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := mesh.Routers[0].ClientStats()[0].Requeues.Budget; got != 21 {
		t.Errorf("the budget is %d, want 21", got)
	}
}
