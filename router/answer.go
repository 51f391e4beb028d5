package router

import (
	"io"
	"net/http"

	"github.com/meshhop/meshhop/ctxhdr"
)

// answered marks a replica's answer with what it counts as, and ties the end
// of the attempt to the end of its body.
func (a *attempt) answered(resp *http.Response) {
	success := resp.StatusCode < http.StatusInternalServerError // io.l5d.http.nonRetryable5XX, the default
	value, class := "0.0", 0.0
	if success {
		value, class = "1.0", 1.0
		a.client.stats.success.Add(1)
		a.router.stats.success.Add(1)
	} else {
		a.client.stats.failures.Add(1)
		a.router.stats.failures.Add(1)
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	a.class[0] = value
	resp.Header[ctxhdr.SuccessClassName] = a.class[:]
	a.router.config.Hop.Responded(a.span, resp, class)

	if a.from = resp.Body; a.from == nil {
		a.from = http.NoBody
	}
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
