package router

import (
	"io"
	"math"
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// accept makes an answer the request's: it is marked with what it counts as, and
// the end of the attempt is that of its body; without one it is now, and the body
// is http.NoBody, which need not be closed.
func (a *attempt) accept(class Class, resp *http.Response) {
	a.accepted = true
	if class == Success {
		a.class[0] = "1.0"
		a.service.stats.success.Add(1)
		a.router.stats.success.Add(1)
	} else {
		a.class[0] = "0.0"
		a.service.stats.failures.Add(1)
		a.router.stats.failures.Add(1)
	}
	resp.Header[wire.SuccessClassName] = a.class[:]

	if resp.Body == nil || resp.Body == http.NoBody {
		resp.Body = http.NoBody
		a.end(nil)
		return
	}
	a.from = resp.Body
	b := (*body)(a)
	switch from := a.from.(type) {
	case io.ReadWriteCloser:
		resp.Body = &upgradedBody{b, from}
	case io.WriterTo:
		resp.Body = writerBody{b}
	default:
		resp.Body = b
	}
}

// fraction is the class as spans record it: 1 for a success, 0 for a failure, and
// NaN for a class that spans record in another way.
func (c Class) fraction() float64 {
	switch c {
	case Success:
		return 1
	case Failure:
		return 0
	}
	return math.NaN()
}
