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
	tls                       uint16 // the version that it came by; 0: without TLS
	peer                      string // the subject of the client's certificate
	cut                       bool   // a text of it was too long to be kept
}

// failed reports whether the request counts as a failure here.
func (r *request) failed() bool { return failed(r.status, r.kind, r.left) }

func failed(status int, kind string, left bool) bool { return status >= 500 || kind != "" || left }

// requests are the last ones that ended, and of those that failed some more. When more end
// in a second than there is room for, one of so many is taken, beside all that somebody
// will ask for: those that failed, that took longest, that were sent more than once, and
// that brought a dtab.
// The zero value is ready for use.
type requests struct {
	all    [recentRequests]slot
	failed [recentFailures]slot
	keep   atomic.Pointer[func(oteltrace.TraceID) bool] // nil: all
	ended  atomic.Uint64
	every  atomic.Uint64 // one of so many is taken; 0: all
	slow   atomic.Int64  // ns, from which on all are taken; 0: no such time is known
	next   atomic.Uint64
	broken atomic.Uint64
	lost   atomic.Uint64 // two that wanted the same place at once
}

// slot is a place for a request. It has one pointer, whatever is in it: the collector of
// garbage would follow a dozen in each of 1,200 requests, many times a second.
type slot struct {
	mu    sync.Mutex
	texts []byte
	packed
}

// take takes a request. It never waits.
func (q *requests) take(r *record.Record) {
	n := q.ended.Add(1)
	bad := failed(r.Status, r.Kind, r.Left)
	if !bad {
		if keep := q.keep.Load(); keep != nil && !(*keep)(r.Trace) {
			return
		}
		if every := q.every.Load(); every > 1 && n%every != 0 && r.Attempts <= 1 && r.Dtab == "" && !q.isSlow(r.End) {
			return
		}
	}
	seq := q.next.Add(1)
	q.put(&q.all[seq%recentRequests], seq, r)
	if bad {
		q.put(&q.failed[q.broken.Add(1)%recentFailures], seq, r)
	}
}

func (q *requests) isSlow(took time.Duration) bool {
	slow := q.slow.Load()
	return slow > 0 && int64(took) >= slow
}

func (q *requests) put(s *slot, seq uint64, r *record.Record) {
	if !s.mu.TryLock() {
		q.lost.Add(1)
		return
	}
	s.pack(seq, r)
	s.mu.Unlock()
}

// thin says which of a second are taken, by how many ended in the last one, and by what one
// in a hundred took longer than in the last minute; negative: unknown.
func (q *requests) thin(last *uint64, took, slow time.Duration) {
	q.slow.Store(int64(slow))
	n := q.ended.Load()
	perSecond := float64(n-*last) / max(took.Seconds(), 0.001)
	*last = n
	q.every.Store(uint64(perSecond / recentRequests))
}

// list returns those that are kept, the newest first.
func (q *requests) list() []request {
	all := make([]request, 0, recentRequests+recentFailures)
	for _, slots := range [][]slot{q.all[:], q.failed[:]} {
		for i := range slots {
			s := &slots[i]
			s.mu.Lock()
			if s.seq > 0 {
				all = append(all, s.unpack())
			}
			s.mu.Unlock()
		}
	}
	slices.SortFunc(all, func(a, b request) int { return cmp.Compare(b.seq, a.seq) })
	return slices.CompactFunc(all, func(a, b request) bool { return a.seq == b.seq })
}
