package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// bind finds, anew for each attempt, what the request's name means now: a replica set.
type bind struct{ service *service }

func (s *bind) do(x *exchange) (*http.Response, error) {
	leaf, to, err := s.client(x)
	x.tellLeftOut()
	if err != nil {
		return nil, err
	}
	x.leaf, x.client = leaf, to
	x.recordClient()
	if !x.found {
		x.found = true
		to.shared.bucket(s.service.policy.Budget).put()
		if span := x.recordingSpan(); span != nil {
			hopspan.Bound(span, leaf.bound, leaf.residual.String())
		}
		x.decided(leaf, to)
	}
	resp, err := to.stages.do(x)
	if err != nil {
		x.recordKnown()
	}
	return resp, err
}

func (s *bind) done(x *exchange, o Outcome) {
	if to := x.client; to != nil {
		to.stages.done(x, o)
		x.client = nil
		to.done()
	}
}

// client returns where the attempt goes. A retry goes to the client whose budget
// paid for it, unless the name has been bound to something else since.
func (s *bind) client(x *exchange) (*route, *client, error) {
	next := x.next
	x.next = nextRetry{}
	if next.to != nil && next.meaning == x.binding.meaning.Load() {
		return next.leaf, next.to, nil
	}
	next.cancel()
	return x.binding.client(x.ctx, x.limit)
}

// tellLeftOut counts the entries of the request's dtab that its name was looked up
// without, and tells the server's span.
func (x *exchange) tellLeftOut() {
	m := x.binding.meaning.Load()
	if m == nil || m.left == nil || x.told {
		return
	}
	x.told = true
	x.router.stats.leftOut.Add(uint64(m.left.count))
	if span := x.recordingSpan(); span != nil {
		hopspan.LeftOut(span, m.left.text)
	}
}
