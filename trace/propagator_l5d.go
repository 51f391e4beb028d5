package trace

import (
	"net/http"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
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
	c := fromL5d(t)
	return c, c.IsValid()
}

func (l5d) Inject(h http.Header, c Context) {
	if c.IsValid() {
		traceID, reqID := new(lines).write(c)
		setL5d(h, traceID, reqID)
	}
}

// setL5d makes these the only values of l5d-ctx-trace and l5d-reqid.
func setL5d(h http.Header, traceID, reqID string) {
	wire.Del(h, wire.TraceName, wire.ReqIDName)
	values := [...]string{traceID, reqID}
	h[wire.TraceName] = values[:1:1]
	h[wire.ReqIDName] = values[1:]
}

func (l5d) Clear(h http.Header) { wire.Del(h, wire.TraceName, wire.ReqIDName) }
