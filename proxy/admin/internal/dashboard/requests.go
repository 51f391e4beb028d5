package dashboard

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/record"
)

const (
	recentRequests = 1000
	recentFailures = 200
	// maxText bounds each text of a request that is kept, in bytes; maxSent those that
	// make another one like it.
	maxText = 512
	maxSent = 2 << 10
)

// A request is what is kept of one that has ended.
type request struct {
	seq                       uint64
	router, server            string
	remote                    netip.AddrPort
	method, authority, target string
	userAgent                 string
	start                     time.Time
	bytesIn, bytesOut         int64
	trace                     oteltrace.TraceID
	span                      oteltrace.SpanID
	sampled                   bool
	service, client           string
	endpoint                  netip.AddrPort
	attempts                  int
	again                     string
	bound, sent, head, end    time.Duration
	status                    int
	left                      bool
	kind, err                 string
	dtab                      string
	cut                       bool // a text of it was too long to be kept
}

// failed reports whether the request counts as a failure here.
func (r *request) failed() bool { return failed(r.status, r.kind, r.left) }

func failed(status int, kind string, left bool) bool { return status >= 500 || kind != "" || left }

// requests are the last ones that ended, and of those that failed some more. The zero
// value is ready for use.
type requests struct {
	all    [recentRequests]slot
	failed [recentFailures]slot
	keep   atomic.Pointer[func(oteltrace.TraceID) bool] // nil: all
	next   atomic.Uint64
	broken atomic.Uint64
	lost   atomic.Uint64 // two that wanted the same place at once
}

type slot struct {
	mu sync.Mutex
	request
}

// ended takes a request. It never waits.
func (q *requests) ended(r *record.Record) {
	if keep := q.keep.Load(); keep != nil && !failed(r.Status, r.Kind, r.Left) && !(*keep)(r.Trace) {
		return
	}
	seq := q.next.Add(1)
	s := &q.all[seq%recentRequests]
	if !s.mu.TryLock() {
		q.lost.Add(1)
		return
	}
	s.request = request{
		seq: seq, router: r.Router, server: r.Server, remote: r.Remote,
		method: kept(r.Method), authority: kept(r.Authority), target: cut(r.Target, maxSent), userAgent: kept(r.UserAgent),
		start: r.Start, bytesIn: r.BytesIn, bytesOut: r.BytesOut, trace: r.Trace, span: r.Span, sampled: r.Sampled,
		service: kept(r.Service), client: kept(r.Client), endpoint: r.Endpoint, attempts: r.Attempts, again: kept(r.Again),
		bound: r.Bound, sent: r.Sent, head: r.Head, end: r.End, status: r.Status, left: r.Left, kind: r.Kind, err: kept(r.Err),
		dtab: cut(r.Dtab, maxSent), cut: max(len(r.Target), len(r.Dtab)) > maxSent || max(len(r.Authority), len(r.UserAgent)) > maxText,
	}
	if s.request.failed() {
		f := &q.failed[q.broken.Add(1)%recentFailures]
		if f.mu.TryLock() {
			f.request = s.request
			f.mu.Unlock()
		}
	}
	s.mu.Unlock()
}

// kept is a text without more of the request in memory than it says.
func kept(text string) string {
	if len(text) <= maxText {
		return text
	}
	return cut(text, maxText) // which is a copy
}

// list returns those that are kept, the newest first.
func (q *requests) list() []request {
	all := make([]request, 0, recentRequests+recentFailures)
	for _, slots := range [][]slot{q.all[:], q.failed[:]} {
		for i := range slots {
			s := &slots[i]
			s.mu.Lock()
			if s.seq > 0 {
				all = append(all, s.request)
			}
			s.mu.Unlock()
		}
	}
	slices.SortFunc(all, func(a, b request) int { return cmp.Compare(b.seq, a.seq) })
	return slices.CompactFunc(all, func(a, b request) bool { return a.seq == b.seq })
}
