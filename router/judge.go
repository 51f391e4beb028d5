package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// judge is the class of an accepted response whose head left it undecided. One that its
// client leaves, or does not read to its end, is what its head says. The trailers of the
// response say what it counts as, as the head of any other does.
func (a *attempt) judge(o Outcome) Class {
	x, class := a.x, Unclassified.orByHead(a.resp, nil)
	switch {
	case o.end == endAnswered && a.atEOF:
		class = x.service.policy.classifyEnd(x.out, a.resp, nil)
	case o.end == endBroke:
		class = x.service.policy.classifyEnd(x.out, a.resp, a.broke(o.Err))
	}
	if a.resp.Trailer == nil {
		a.resp.Trailer = http.Header{}
	}
	a.resp.Trailer[wire.SuccessClassName] = []string{class.header()}
	return class
}

// broke is the error of a response that broke off.
func (a *attempt) broke(err error) *Error {
	x := a.x
	e := &Error{Kind: RequestFailed, Dst: x.service.name, Addr: a.endpoint.Address().AddrPort.String(), Err: err}
	if x.leaf != nil {
		e.Bound = x.leaf.set.ID
	}
	return e
}
