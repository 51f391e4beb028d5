package router_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
)

// script answers one attempt after the other.
type script struct {
	answers []*http.Response
	sent    int
}

func (s *script) next(*http.Request) (*http.Response, error) {
	s.sent++
	return s.answers[s.sent-1], nil
}

func statuses(all ...int) *script {
	s := &script{}
	for _, status := range all {
		s.answers = append(s.answers, answer(status, "body"))
	}
	return s
}

func retryable(r *http.Response) *http.Response {
	r.Header.Set("l5d-retryable", "true")
	return r
}

// TestRetries: vectors 109, 111 and 112, and around them.
func TestRetries(t *testing.T) {
	half, err := router.NewBudget(10*time.Second, 0, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name     string
		policy   router.ServicePolicy
		method   string
		answers  *script
		want     []int // one for each request
		retries  router.RetryStats
		failures uint64
	}{
		{
			name: "vector 109", policy: router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: half},
			answers: statuses(200, 500, 200, 500), want: []int{200, 200, 500},
			retries: router.RetryStats{Total: 1, BudgetExhausted: 1}, failures: 1,
		},
		{
			name: "vector 111", answers: &script{answers: []*http.Response{retryable(answer(500, "")), answer(200, "")}},
			want: []int{200}, retries: router.RetryStats{Total: 1, Budget: 99},
		},
		{
			name: "vector 112", policy: router.ServicePolicy{Classifier: router.RetryableRead5XX()}, method: "POST",
			answers: &script{answers: []*http.Response{retryable(answer(500, "")), answer(200, "")}},
			want:    []int{200}, retries: router.RetryStats{Total: 1, Budget: 99},
		},
		{
			name: "nothing is retried by default", answers: statuses(500), want: []int{500},
			retries: router.RetryStats{Budget: 100}, failures: 1,
		},
		{
			name: "nor what is not known to be harmless", policy: router.ServicePolicy{Classifier: router.RetryableRead5XX()}, method: "POST",
			answers: statuses(500), want: []int{500}, retries: router.RetryStats{Budget: 100}, failures: 1,
		},
		{
			name: "five times at most", policy: router.ServicePolicy{Classifier: router.RetryableRead5XX()},
			answers: statuses(500, 501, 502, 503, 504, 505), want: []int{505},
			retries: router.RetryStats{Total: 5, LimitReached: 1, Budget: 95}, failures: 1,
		},
		{
			name: "never", policy: router.ServicePolicy{Classifier: router.RetryableRead5XX(), MaxRetries: -1},
			answers: statuses(500), want: []int{500}, retries: router.RetryStats{LimitReached: 1, Budget: 100}, failures: 1,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := start(t, over(row.answers.next), policy(row.policy))
			f.names.Bind("/web", "10.0.0.1:80")
			for i, want := range row.want {
				r := request(t, "web")
				if row.method != "" {
					r.Method = row.method
				}
				resp, err := f.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				if resp.Body.Close(); resp.StatusCode != want {
					t.Errorf("request %d: %d, want %d", i+1, resp.StatusCode, want)
				}
			}
			if left := len(row.answers.answers) - row.answers.sent; left != 0 {
				t.Errorf("%d attempts less than expected", left)
			}
			want := []router.ServiceStats{{
				Success: uint64(len(row.want)) - row.failures, Failures: row.failures, Retries: row.retries,
			}}
			if row.failures > 0 {
				want[0].Causes = map[string]uint64{"status": row.failures}
			}
			got := f.ServiceStats()
			if got[0].Name.String() != "/svc/web" {
				t.Errorf("name %s", got[0].Name)
			}
			want[0].Name = got[0].Name
			if diff := cmp.Diff(want, got, cmp.Comparer(samePath)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if s := f.Stats(); s.Pending != 0 || s.Success != want[0].Success || s.Failures != want[0].Failures {
				t.Errorf("the router has %+v", s)
			}
			if c := f.ClientStats()[0]; c.Pending != 0 || c.Requests != uint64(row.answers.sent) || c.Success+c.Failures != c.Requests {
				t.Errorf("the client has %+v", c)
			}
		})
	}
}

// TestRetriesKeepTheConnection: vector 113, through sockets: a hundred retries
// of an answer with a body go over one connection.
func TestRetriesKeepTheConnection(t *testing.T) {
	for _, own := range []bool{true, false} {
		var requests, connections atomic.Int64
		addr := countingBackend(t, &connections, func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(500)
			io.WriteString(w, strings.Repeat("x", 2000))
		})
		f := start(t, sockets, transportOf(own), policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), MaxRetries: 1000}))
		f.names.Bind("/web", addr)
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 500 || len(body) != 2000 || err != nil {
			t.Errorf("vector 113: %d with %d bytes, %v", resp.StatusCode, len(body), err)
		}
		if requests.Load() != 101 || connections.Load() != 1 {
			t.Errorf("vector 113: %d requests on %d connections, want 101 on one (own transport: %v)", requests.Load(), connections.Load(), own)
		}
		if got := f.ClientStats()[0].Requests; got != 101 {
			t.Errorf("vector 113: the client counts %d requests", got)
		}
	}
}

// TestAnswersThatAreDropped: a retry does not wait for the end of the answer
// that it is in place of.
func TestAnswersThatAreDropped(t *testing.T) {
	release := make(chan struct{})
	for _, row := range []struct {
		name  string
		serve func(w http.ResponseWriter)
	}{
		{"one that never ends", func(w http.ResponseWriter) {
			w.WriteHeader(500)
			http.NewResponseController(w).Flush()
			<-release
		}},
		{"a long one", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "10000000")
			w.WriteHeader(500)
			for range 100 {
				if _, err := w.Write(make([]byte, 100000)); err != nil {
					return
				}
			}
		}},
		{"a long one of unknown length", func(w http.ResponseWriter) {
			w.WriteHeader(500)
			for range 100 {
				if _, err := w.Write(make([]byte, 100000)); err != nil {
					return
				}
			}
		}},
	} {
		for _, own := range []bool{true, false} {
			var n atomic.Int64
			addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) == 1 {
					row.serve(w)
					return
				}
				io.WriteString(w, "fine")
			})
			f := start(t, sockets, transportOf(own), policy(router.ServicePolicy{Classifier: router.RetryableRead5XX()}))
			f.names.Bind("/web", addr)
			if got := f.mustAsk(t, request(t, "web")); got != "fine" {
				t.Errorf("%s: answered %q", row.name, got)
			}
		}
	}
	close(release)
}

// TestBackoffs: vector 115, the waits between attempts.
func TestBackoffs(t *testing.T) {
	jittered, err := balance.NewDecorrelatedBackoff(time.Second, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name     string
		backoff  balance.Backoff
		min, max time.Duration // of all waits together
	}{
		{"vector 115", listed{time.Second, 2 * time.Second}, 3 * time.Second, 3 * time.Second},
		{"constant", balance.ConstantBackoff(time.Second), 2 * time.Second, 2 * time.Second},
		{"jittered", jittered, 2 * time.Second, 4 * time.Second},
		{"none", nil, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := statuses(500, 500, 500)
				f := start(t, over(answers.next), policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), Backoff: row.backoff, MaxRetries: 2}))
				f.names.Bind("/web", "10.0.0.1:80")
				began := time.Now()
				f.mustAsk(t, request(t, "web"))
				if took := time.Since(began); took < row.min || took > row.max || answers.sent != 3 {
					t.Errorf("%d attempts in %v", answers.sent, took)
				}
			})
		})
	}
}

// listed is a backoff that a test writes down.
type listed []time.Duration

func (l listed) Wait(n int, _ time.Duration) time.Duration { return l[min(n, len(l)-1)] }

// TestCallerLeavesBetweenAttempts: nobody waits for whom nobody waits.
func TestCallerLeavesBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := statuses(500, 200)
		f := start(t, over(answers.next), policy(router.ServicePolicy{
			Classifier: router.RetryableAll5XX(), Backoff: balance.ConstantBackoff(time.Hour),
		}))
		f.names.Bind("/web", "10.0.0.1:80")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errTest) })
		r := request(t, "web")
		body := &watchedBody{Reader: strings.NewReader("body")}
		r.Method, r.Body, r.ContentLength = "POST", body, 4
		began := time.Now()
		failed := f.failure(t, with(ctx, r))
		if failed.Kind != router.Canceled || failed.Err != errTest || time.Since(began) != time.Second || answers.sent != 1 {
			t.Errorf("%v after %v and %d attempts", failed, time.Since(began), answers.sent)
		}
		if body.closes() != 1 {
			t.Errorf("the body was closed %d times", body.closes())
		}
		if s := f.Stats(); s.Pending != 0 || s.Failures != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestCloseBetweenAttempts: a router that is closed waits for no backoff.
func TestCloseBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := statuses(500)
		f := start(t, over(answers.next), policy(router.ServicePolicy{
			Classifier: router.RetryableAll5XX(), Backoff: balance.ConstantBackoff(time.Hour),
		}))
		f.names.Bind("/web", "10.0.0.1:80")
		time.AfterFunc(time.Second, func() { f.Close() })
		began := time.Now()
		if failed := f.failure(t, request(t, "web")); failed.Kind != router.Closed || time.Since(began) != time.Second {
			t.Errorf("%v after %v", failed, time.Since(began))
		}
	})
}

// TestNeverTwice: a request that may have reached a replica is sent again only
// where the classifier says so, whatever became of it and on what connection. The
// one exception is a GET to whose connection the replica had nothing more to say,
// and once: see TestRenewed.
func TestNeverTwice(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer string // what the replica says before it closes the connection
	}{
		{"nothing", ""},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-"},
		{"no HTTP", "SMTP ready\r\n\r\n"},
	} {
		for _, method := range []string{"GET", "PUT", "POST"} {
			for _, kind := range []struct {
				name       string
				classifier router.Classifier
				methods    string
			}{
				{"nonRetryable5XX", router.NonRetryable5XX(), ""},
				{"retryableRead5XX", router.RetryableRead5XX(), "GET"},
				{"retryableIdempotent5XX", router.RetryableIdempotent5XX(), "GET PUT"},
				{"retryableAll5XX", router.RetryableAll5XX(), "GET PUT POST"},
			} {
				for _, warm := range []bool{false, true} {
					addr, seen := breaking(t, warm, row.answer)
					f := start(t, sockets, policy(router.ServicePolicy{Classifier: kind.classifier}))
					f.names.Bind("/web", addr)
					if warm {
						f.mustAsk(t, request(t, "web"))
					}
					r := request(t, "web")
					r.Method = method
					if method != "GET" {
						r.Body, r.ContentLength = io.NopCloser(strings.NewReader("body")), 4
					}
					f.failure(t, r)
					want := int64(1)
					if strings.Contains(kind.methods, method) {
						want = 6
					} else if method == "GET" && warm && row.answer == "" {
						want = 2
					}
					if got := seen.Load(); got != want {
						t.Errorf("%s to a %s with %s was seen %d times, want %d (on a connection that had served: %v)",
							row.name, method, kind.name, got, want, warm)
					}
				}
			}
		}
	}
}

// TestSameBodyEachTime: bodies of all kinds arrive whole at each attempt.
func TestSameBodyEachTime(t *testing.T) {
	for _, size := range []int{0, 1, 4 << 10, 4<<10 + 1, 60 << 10, 64 << 10} {
		for _, own := range []bool{true, false} {
			for _, known := range []bool{true, false} {
				for _, anew := range []bool{true, false} {
					content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
					var bodies []string
					var marks []string
					addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
						body, err := io.ReadAll(r.Body)
						if err != nil {
							t.Error(err)
						}
						bodies = append(bodies, string(body))
						marks = append(marks, strings.Join(r.Header["Finagle-Http-Retryable-Request"], "|"))
						w.WriteHeader(503)
					})
					f := start(t, sockets, transportOf(own), policy(router.ServicePolicy{Classifier: router.RetryableAll5XX(), MaxRetries: 3}))
					f.names.Bind("/web", addr)
					r := request(t, "web")
					watched := &watchedBody{Reader: bytes.NewReader(content)}
					r.Method, r.Body, r.ContentLength = "POST", watched, -1
					if known {
						r.ContentLength = int64(size)
					}
					if anew {
						r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
					}
					f.mustAsk(t, r)
					if len(bodies) != 4 {
						t.Errorf("%d bytes (known %v, anew %v, own %v): %d attempts", size, known, anew, own, len(bodies))
					}
					for i, body := range bodies {
						if body != string(content) {
							t.Errorf("attempt %d has %d bytes of %d", i+1, len(body), size)
						}
					}
					if watched.closes() != 1 {
						t.Errorf("the body was closed %d times", watched.closes())
					}
				}
			}
		}
	}
}

// TestBodyTooLong: what is not kept is not sent again, and is sent once as it
// is (vector 108, where for Linkerd that is every chunked request).
func TestBodyTooLong(t *testing.T) {
	for _, row := range []struct {
		vector     string
		size, keep int
		known      bool
		sent       int
	}{
		{"", 64<<10 + 1, 0, true, 1},
		{"108", 64<<10 + 1, 0, false, 1},
		{"", 100, 99, true, 1},
		{"", 100, 100, true, 6},
		{"108", 100, 99, false, 1},
		{"", 100, 100, false, 6},
		{"", 1, -1, true, 1},
		{"", 0, -1, true, 6},
		{"", 100 << 10, 100 << 10, true, 6},
	} {
		content := strings.Repeat("x", row.size)
		sent := 0
		f := start(t, sockets, policy(router.ServicePolicy{Classifier: router.RetryableAll5XX(), ReplayBytes: row.keep}))
		f.names.Bind("/web", backend(t, func(w http.ResponseWriter, r *http.Request) {
			sent++
			if body, _ := io.ReadAll(r.Body); string(body) != content {
				t.Errorf("attempt %d has %d bytes of %d", sent, len(body), row.size)
			}
			w.WriteHeader(500)
		}))
		r := request(t, "web")
		r.Method, r.Body, r.ContentLength = "POST", io.NopCloser(strings.NewReader(content)), -1
		if row.known {
			r.ContentLength = int64(row.size)
		}
		f.mustAsk(t, r)
		if sent != row.sent {
			t.Errorf("%+v: sent %d times", row, sent)
		}
		stats := f.ServiceStats()[0].Retries
		if got := stats.NotReplayable == 1; got != (row.sent == 1) {
			t.Errorf("%+v: %+v", row, stats)
		}
	}
}

// TestBodyOfAnAbandonedAttempt: an attempt is given up while its body still
// comes in; the next one has all of it. (The client of net/http does not let go
// of a request whose body is being read.)
func TestBodyOfAnAbandonedAttempt(t *testing.T) {
	pr, pw := io.Pipe()
	var n atomic.Int64
	begun, got := make(chan struct{}), make(chan string, 1)
	addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			if _, err := io.ReadFull(r.Body, make([]byte, 5)); err != nil {
				t.Error(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err == nil {
				t.Error("the first attempt was not given up")
			}
			return
		}
		start := make([]byte, 5)
		if _, err := io.ReadFull(r.Body, start); err != nil {
			t.Error(err)
		}
		close(begun)
		rest, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- string(start) + string(rest)
	})
	f := start(t, sockets, policy(router.ServicePolicy{Classifier: router.RetryableAll5XX(), MaxRetries: 1}),
		clientPolicy(router.ClientPolicy{AttemptTimeout: time.Second}))
	f.names.Bind("/web", addr)
	r := request(t, "web")
	r.Method, r.Body, r.ContentLength = "POST", pr, -1
	go func() {
		io.WriteString(pw, "first")
		<-begun // the second attempt has what the first one read
		io.WriteString(pw, " and last")
		pw.Close()
	}()
	f.mustAsk(t, r)
	if body := <-got; body != "first and last" {
		t.Errorf("the second attempt had %q", body)
	}
}
