package router_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
)

// slow answers after a while, unless the attempt is over before.
func slow(after time.Duration, resp func() *http.Response) canned {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(after):
			return resp(), nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func ok() *http.Response { return answer(200, "fine") }

// deadlineIn is a header that was written just now.
func deadlineIn(d time.Duration) string {
	return ctxhdr.Deadline{Timestamp: time.Now(), Deadline: time.Now().Add(d)}.String()
}

// TestLimits: who waits for how long, and what is said then.
func TestLimits(t *testing.T) {
	const waitingForOne = " while waiting for a response for an individual request, excluding retries. Remote Info: "
	const waitingForAll = " while waiting for a response for the request, including retries (if applicable). Remote Info: Not Available"
	type row struct {
		name    string
		service router.ServicePolicy
		client  router.ClientPolicy
		timeout time.Duration // the server's
		header  func() string
		context time.Duration // of the caller
		takes   time.Duration // of each attempt
		kind    router.Kind   // 0: it is answered
		after   time.Duration
		sent    int
		message string // its beginning
	}
	for _, row := range []row{
		{name: "no limit", takes: time.Hour, after: time.Hour, sent: 1},
		{
			name: "vector 100: an attempt", client: router.ClientPolicy{AttemptTimeout: time.Second}, takes: time.Hour,
			kind: router.AttemptTimeout, after: time.Second, sent: 1,
			message: "exceeded 1.seconds to #/fake/web" + waitingForOne + "Upstream Address: /192.0.2.1:1234, Upstream id: Not Available, Downstream Address: /10.0.0.1:80, Downstream label: #/fake/web, Trace Id: ",
		},
		{
			name:    "attempts that are retried",
			service: router.ServicePolicy{Classifier: router.RetryableRead5XX(), MaxRetries: 2},
			client:  router.ClientPolicy{AttemptTimeout: time.Second}, takes: time.Hour,
			kind: router.AttemptTimeout, after: 3 * time.Second, sent: 3,
		},
		{
			name: "vector 100: all attempts", service: router.ServicePolicy{TotalTimeout: 500 * time.Millisecond, Classifier: router.RetryableAll5XX()}, takes: time.Hour,
			kind: router.TotalTimeout, after: 500 * time.Millisecond, sent: 1,
			message: "exceeded 500.milliseconds to /svc/web" + waitingForAll,
		},
		{
			name:    "all attempts, each with a limit",
			service: router.ServicePolicy{TotalTimeout: 2500 * time.Millisecond, Classifier: router.RetryableRead5XX()},
			client:  router.ClientPolicy{AttemptTimeout: time.Second}, takes: time.Hour,
			kind: router.TotalTimeout, after: 2500 * time.Millisecond, sent: 3,
		},
		{
			name: "the server", timeout: 1500 * time.Millisecond, takes: time.Hour,
			kind: router.ServerTimeout, after: 1500 * time.Millisecond, sent: 1,
			message: "exceeded 1.seconds+500.milliseconds to /svc/web" + waitingForOne,
		},
		{
			name: "the deadline", header: func() string { return deadlineIn(2 * time.Second) }, takes: time.Hour,
			service: router.ServicePolicy{Classifier: router.RetryableAll5XX(), TotalTimeout: time.Minute}, timeout: time.Minute,
			kind: router.DeadlineExceeded, after: 2 * time.Second, sent: 1,
			message: "exceeded the deadline of the request (l5d-ctx-deadline) while waiting for a response of #/fake/web at 10.0.0.1:80",
		},
		{
			name: "the caller's context", context: 2 * time.Second, takes: time.Hour,
			kind: router.DeadlineExceeded, after: 2 * time.Second, sent: 1, message: "context deadline exceeded",
		},
		{
			name: "the earliest counts", context: 2 * time.Second, header: func() string { return deadlineIn(time.Second) }, timeout: 3 * time.Second, takes: time.Hour,
			kind: router.DeadlineExceeded, after: time.Second, sent: 1,
		},
		{
			name: "the earliest counts, whosever", context: 2 * time.Second, header: func() string { return deadlineIn(3 * time.Second) },
			client: router.ClientPolicy{AttemptTimeout: time.Second}, takes: time.Hour,
			kind: router.AttemptTimeout, after: time.Second, sent: 1,
		},
		{name: "in time", header: func() string { return deadlineIn(2 * time.Second) }, timeout: 3 * time.Second, takes: time.Second, after: time.Second, sent: 1},
		{
			name: "a deadline that has passed", header: func() string {
				return ctxhdr.Deadline{Timestamp: time.Now().Add(-2 * time.Second), Deadline: time.Now().Add(-time.Second)}.String()
			},
			kind: router.DeadlineExceeded, message: "exceeded the deadline of the request (l5d-ctx-deadline) while waiting for a response of /svc/web",
		},
		{
			name: "one that was none", header: func() string {
				return ctxhdr.Deadline{Timestamp: time.Now().Add(time.Hour), Deadline: time.Now().Add(time.Minute)}.String()
			},
			kind: router.DeadlineExceeded,
		},
		{
			name: "a caller whose clock is an hour ahead", header: func() string {
				return ctxhdr.Deadline{Timestamp: time.Now().Add(time.Hour), Deadline: time.Now().Add(time.Hour + 2*time.Second)}.String()
			},
			takes: time.Minute, kind: router.DeadlineExceeded, after: 2 * time.Second, sent: 1,
		},
		{name: "a deadline without end", header: func() string { return "-9223372036854775808 9223372036854775807" }, takes: time.Hour, after: time.Hour, sent: 1},
		{name: "before all time", header: func() string { return "9223372036854775807 -9223372036854775808" }, kind: router.DeadlineExceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				transport := slow(row.takes, ok)
				f := start(t, policy(row.service), clientPolicy(row.client), over(func(r *http.Request) (*http.Response, error) {
					sent++
					return transport(r)
				}))
				f.names.Bind("/web", "10.0.0.1:80")
				r := request(t, "web")
				r.RemoteAddr = "192.0.2.1:1234"
				local := &inbound.Request{Timeout: row.timeout}
				if row.header != nil {
					local.Deadline = mustDeadline(t, row.header())
				}
				ctx := context.Background()
				if row.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.context)
					defer cancel()
				}
				began := time.Now()
				resp, err := f.RoundTrip(with(&inbound.Context{Context: ctx, Request: local}, r))
				if took := time.Since(began); took != row.after || sent != row.sent {
					t.Errorf("%d attempts in %v, want %d in %v", sent, took, row.sent, row.after)
				}
				if row.kind == 0 {
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
				} else {
					failed := asError(t, err)
					if failed.Kind != row.kind || !strings.HasPrefix(failed.Err.Error(), row.message) {
						t.Errorf("%s: %v", failed.Kind, failed.Err)
					}
					if timeout, ok := failed.Err.(interface{ Timeout() bool }); !errors.Is(err, context.DeadlineExceeded) || !ok || !timeout.Timeout() {
						t.Errorf("%v is no timeout", err)
					}
				}
				if s := f.Stats(); s.Pending != 0 {
					t.Errorf("%+v", s)
				}
				for _, c := range f.ClientStats() {
					if c.Pending != 0 {
						t.Errorf("%+v", c)
					}
				}
			})
		})
	}
}

// TestSlowAttemptIsRetried: vector 114.
func TestSlowAttemptIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		f := start(t, policy(router.ServicePolicy{Classifier: router.RetryableRead5XX()}), clientPolicy(router.ClientPolicy{AttemptTimeout: time.Second}),
			over(func(r *http.Request) (*http.Response, error) {
				if sent++; sent == 1 {
					return slow(time.Hour, ok)(r)
				}
				return ok(), nil
			}))
		f.names.Bind("/web", "10.0.0.1:80")
		f.mustAsk(t, request(t, "web"))
		if c, s := f.ClientStats()[0], f.ServiceStats()[0]; c.Requests != 2 || c.Success != 1 || s.Retries.Total != 1 || s.Success != 1 || s.Failures != 0 {
			t.Errorf("vector 114: client %+v, service %+v", c, s)
		}
	})
}

// TestEachAttemptSeesWhatIsLeft: vectors 20 to 22 on the way out.
func TestEachAttemptSeesWhatIsLeft(t *testing.T) {
	for _, row := range []struct {
		name    string
		service router.ServicePolicy
		client  router.ClientPolicy
		header  []time.Duration // timestamps and deadlines of the caller's, from now
		context time.Duration
		want    []time.Duration // what each attempt, a second after the other, has left
	}{
		{name: "vector 22: nothing", want: []time.Duration{-1, -1}},
		{name: "vector 20: a header", header: []time.Duration{0, 5 * time.Second}, want: []time.Duration{5 * time.Second, 4 * time.Second}},
		{
			name: "vector 21: two headers and a context", header: []time.Duration{1 * time.Second, 10 * time.Second, 2 * time.Second, 8 * time.Second}, context: 4 * time.Second,
			want: []time.Duration{4 * time.Second, 3 * time.Second},
		},
		{
			name: "the timeout of an attempt", header: []time.Duration{0, 3500 * time.Millisecond}, client: router.ClientPolicy{AttemptTimeout: 3 * time.Second},
			want: []time.Duration{3 * time.Second, 2500 * time.Millisecond},
		},
		{name: "the total timeout", service: router.ServicePolicy{TotalTimeout: 5 * time.Second}, want: []time.Duration{5 * time.Second, 4 * time.Second}},
		{name: "a context", context: 5 * time.Second, want: []time.Duration{5 * time.Second, 4 * time.Second}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				row.service.Classifier, row.service.Backoff, row.service.MaxRetries = router.RetryableRead5XX(), balance.ConstantBackoff(time.Second), 1
				var got []time.Duration
				f := start(t, policy(row.service), clientPolicy(row.client), over(func(r *http.Request) (*http.Response, error) {
					left := time.Duration(-1)
					if values := r.Header.Values("l5d-ctx-deadline"); len(values) == 1 {
						d := mustDeadline(t, values[0])
						if !d.Timestamp.Equal(time.Now()) {
							t.Errorf("the timestamp is %v, now is %v", d.Timestamp, time.Now())
						}
						left = time.Until(d.Deadline)
					} else if len(values) > 1 {
						t.Errorf("deadlines %q", values)
					}
					got = append(got, left)
					return answer(500, ""), nil
				}))
				f.names.Bind("/web", "10.0.0.1:80")
				r := request(t, "web")
				for i := 0; i < len(row.header); i += 2 {
					r.Header.Add("l5d-ctx-deadline", strconv.FormatInt(time.Now().Add(row.header[i]).UnixNano(), 10)+" "+
						strconv.FormatInt(time.Now().Add(row.header[i+1]).UnixNano(), 10))
				}
				ctx := context.Background()
				if row.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.context)
					defer cancel()
				}
				f.mustAsk(t, with(ctx, r))
				if len(got) != 2 || got[0] != row.want[0] || got[1] != row.want[1] {
					t.Errorf("left %v, want %v", got, row.want)
				}
			})
		})
	}
}

// TestRetriesThatCannotFinish are not begun: the answer that there is counts.
func TestRetriesThatCannotFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := statuses(500, 200)
		f := start(t, over(answers.next), policy(router.ServicePolicy{
			Classifier: router.RetryableRead5XX(), Backoff: balance.ConstantBackoff(2 * time.Second), TotalTimeout: 2 * time.Second,
		}))
		f.names.Bind("/web", "10.0.0.1:80")
		began := time.Now()
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 500 || time.Since(began) != 0 {
			t.Errorf("%d after %v", resp.StatusCode, time.Since(began))
		}
		if got := f.ServiceStats()[0].Retries; got != (router.RetryStats{TooLate: 1, Budget: 100}) {
			t.Errorf("%+v", got)
		}
	})
}

// TestLimitWhileBinding: the time that a name takes to be looked up counts, and
// Linkerd's own timeout for that keeps its words.
func TestLimitWhileBinding(t *testing.T) {
	for _, host := range []string{"stalled", "nowhere"} {
		for _, row := range []struct {
			header time.Duration
			total  time.Duration
			kind   router.Kind
			after  time.Duration
		}{
			{0, 0, router.BindingTimeout, 10 * time.Second},
			{time.Second, 0, router.DeadlineExceeded, time.Second},
			{time.Minute, 0, router.BindingTimeout, 10 * time.Second},
			{time.Minute, 2 * time.Second, router.TotalTimeout, 2 * time.Second},
		} {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, policy(router.ServicePolicy{TotalTimeout: row.total}))
				f.names.Stall("/stalled")
				f.names.SetReplicas("/nowhere", resolve.State[resolve.Replicas]{})
				r := request(t, host)
				if row.header > 0 {
					r.Header.Set("l5d-ctx-deadline", deadlineIn(row.header))
				}
				began := time.Now()
				if failed := f.failure(t, r); failed.Kind != row.kind || time.Since(began) != row.after {
					t.Errorf("%s, %+v: %v after %v", host, row, failed, time.Since(began))
				}
			})
		}
	}
}

// TestAnswerMayTakeItsTime: a limit is for the beginning of an answer. One that
// comes with the limit is none.
func TestAnswerMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pr, pw := io.Pipe()
		defer pw.Close()
		var ctx context.Context
		f := start(t, policy(router.ServicePolicy{TotalTimeout: time.Second}), over(func(r *http.Request) (*http.Response, error) {
			ctx = r.Context()
			if at, ok := ctx.Deadline(); !ok || time.Until(at) != time.Second {
				t.Errorf("the transport is told of %v, %v", at, ok)
			}
			resp := ok()
			resp.Body = pr
			return resp, nil
		}))
		f.names.Bind("/web", "10.0.0.1:80")
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(time.Minute)
			io.WriteString(pw, "late, but fine")
			pw.Close()
		}()
		if body, err := io.ReadAll(resp.Body); string(body) != "late, but fine" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		if ctx.Err() == nil {
			t.Error("the attempt's context outlives it")
		}
		resp.Body.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		closed := 0
		f := start(t, policy(router.ServicePolicy{TotalTimeout: time.Second}), over(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done() // and answers all the same
			resp := ok()
			resp.Body = &closing{from: strings.NewReader(""), onClose: func() { closed++ }}
			return resp, nil
		}))
		f.names.Bind("/web", "10.0.0.1:80")
		if failed := f.failure(t, request(t, "web")); failed.Kind != router.TotalTimeout || closed != 1 {
			t.Errorf("%v; the answer was closed %d times", failed, closed)
		}
	})
}

// TestSlowReplicaIsLetGo: through sockets, the connection to a replica that is
// not waited for any more is closed, and the replica sees that.
func TestSlowReplicaIsLetGo(t *testing.T) {
	for _, own := range []bool{true, false} {
		var arrived atomic.Int64
		left := make(chan struct{}, 1000)
		addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
			arrived.Add(1)
			<-r.Context().Done()
			left <- struct{}{}
		})
		f := start(t, sockets, transportOf(own), clientPolicy(router.ClientPolicy{AttemptTimeout: 10 * time.Millisecond}),
			policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), MaxRetries: 1}))
		f.names.Bind("/web", addr)
		for arrived.Load() == 0 { // some may be too late to be sent at all
			if failed := f.failure(t, request(t, "web")); failed.Kind != router.AttemptTimeout && failed.Kind != router.ConnectFailed {
				t.Error(failed)
			}
		}
		<-left
	}
}
