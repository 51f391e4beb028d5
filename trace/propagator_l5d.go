package trace

import (
	"net/http"

	"github.com/meshhop/meshhop/ctxhdr"
)

// L5d returns the propagator of Linkerd 1.x: it reads l5d-ctx-trace, and
// writes l5d-ctx-trace and l5d-reqid (LinkerdHeaders.scala). Nothing of a
// Context but its tracestate is lost.
func L5d() Propagator { return l5d{} }

type l5d struct{}

func (l5d) Extract(h http.Header) (Context, bool) {
	t, ok := ctxhdr.Trace(h)
	if !ok {
		return Context{}, false
	}
	c := FromL5d(t)
	return c, c.IsValid()
}

func (l5d) Inject(h http.Header, c Context) {
	if !c.IsValid() {
		return
	}
	new(lines).inject(h, c)
}

func (l5d) Clear(h http.Header) { ctxhdr.Del(h, ctxhdr.TraceName, ctxhdr.ReqIDName) }
