package router_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestCallDeadline: the earlier one of grpc-timeout and l5d-ctx-deadline counts, and both go
// on with what is left; the timeouts of this hop say nothing of how long a call may last.
func TestCallDeadline(t *testing.T) {
	const never = time.Duration(0)
	for _, row := range []struct {
		about    string
		timeout  string        // grpc-timeout
		deadline time.Duration // l5d-ctx-deadline, from now on
		context  time.Duration
		total    time.Duration // totalTimeoutMs
		took     time.Duration // by a stage before
		sent     string        // grpc-timeout
		left     time.Duration // of l5d-ctx-deadline
		message  bool          // it is no gRPC call
		late     bool
	}{
		{about: "no deadline", sent: ""},
		{about: "grpc-timeout", timeout: "2S", took: time.Second, sent: "1000000u", left: time.Second},
		{about: "grpc-timeout is earlier", timeout: "2S", deadline: 3 * time.Second, sent: "2000000u", left: 2 * time.Second},
		{about: "l5d-ctx-deadline is earlier", timeout: "3S", deadline: 2 * time.Second, sent: "2000000u", left: 2 * time.Second},
		{about: "l5d-ctx-deadline alone", deadline: 50 * time.Millisecond, sent: "50000000n", left: 50 * time.Millisecond},
		{about: "the context alone", context: 50 * time.Millisecond, sent: "50000000n", left: 50 * time.Millisecond},
		{about: "totalTimeoutMs is earlier", timeout: "3S", total: time.Second, sent: "3000000u", left: time.Second},
		{about: "totalTimeoutMs alone", total: time.Second, sent: "", left: time.Second},
		{about: "a timeout that is none", timeout: "soon", sent: "soon", left: never},
		{about: "no call", timeout: "2S", message: true, sent: "2S", left: never},
		{about: "it is up", timeout: "2S", took: 3 * time.Second, late: true},
	} {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent http.Header
				f := start(t, over(func(r *http.Request) (*http.Response, error) {
					sent = r.Header
					if row.late {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					return answer(200, "", "Grpc-Status", "0"), nil
				}), policy(router.ServicePolicy{TotalTimeout: row.total}), func(c *router.Config) {
					c.Identifier = late{router.HeaderToken("Host"), row.took}
				})
				f.names.Bind("/web", "10.0.0.1:80")
				r := call(t, nil)
				if row.message {
					r.Header.Del("Content-Type")
				}
				if row.timeout != "" {
					r.Header.Set("grpc-timeout", row.timeout)
				}
				if row.deadline > 0 {
					now := time.Now()
					r.Header.Set("l5d-ctx-deadline", ctxhdr.Deadline{Timestamp: now, Deadline: now.Add(row.deadline)}.String())
				}
				if row.context > 0 {
					ctx, cancel := context.WithTimeout(r.Context(), row.context)
					defer cancel()
					r = with(ctx, r)
				}
				if row.late {
					if failed := f.failure(t, r); failed.Kind != router.DeadlineExceeded {
						t.Errorf("%v", failed)
					}
					return
				}
				f.mustAsk(t, r)
				if got := slices.Concat(sent[strings.ToLower("Grpc-Timeout")], sent["Grpc-Timeout"]); len(got) > 1 || len(got) == 1 && got[0] != row.sent || len(got) == 0 && row.sent != "" {
					t.Errorf("grpc-timeout %q, want %q", got, row.sent)
				}
				var left time.Duration
				if d, ok := ctxhdr.Deadlines(sent); ok {
					left = d.Left(time.Now())
				}
				if left != row.left {
					t.Errorf("%v left in l5d-ctx-deadline, want %v", left, row.left)
				}
			})
		})
	}
}

// late is an identifier that takes its time.
type late struct {
	router.Identifier
	takes time.Duration
}

func (s late) Identify(r *http.Request) (resolve.Path, error) {
	time.Sleep(s.takes)
	return s.Identifier.Identify(r)
}

// TestCallCancelledInTime: an endpoint that cancels a call when its time is up has not
// failed, and one that does so earlier has.
func TestCallCancelledInTime(t *testing.T) {
	for _, row := range []struct {
		about string
		after time.Duration
		code  uint32
		kind  router.Kind
	}{
		{"a little earlier than here", time.Second - time.Millisecond, 8, router.DeadlineExceeded},
		{"much earlier", time.Second / 2, 8, router.RequestFailed},
		{"for another reason", time.Second - time.Millisecond, 2, router.RequestFailed},
	} {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, over(func(*http.Request) (*http.Response, error) {
					time.Sleep(row.after)
					return nil, streamReset(row.code)
				}))
				f.names.Bind("/web", "10.0.0.1:80")
				r := call(t, nil)
				r.Header.Set("grpc-timeout", "1S")
				if failed := f.failure(t, r); failed.Kind != row.kind {
					t.Errorf("%v", failed)
				}
			})
		})
	}
}
