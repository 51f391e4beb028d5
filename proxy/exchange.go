package proxy

import (
	"context"
	"net/http"
	"net/textproto"
	"sync"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/router"
)

// proxy has the request sent on and the answer returned; it returns the status
// that the caller got.
func (h *Handler) proxy(ctx context.Context, w http.ResponseWriter, in *http.Request) (status int) {
	if in.Method == http.MethodConnect {
		return h.refuse(w, in, errConnect)
	}
	inform := &informer{w: w, clear: h.config.ClearContext}
	router.LocalOf(ctx).Informational = inform.pass
	out := h.outbound(ctx, in)
	if in.ContentLength != 0 {
		body := &requestBody{from: in.Body, length: in.ContentLength}
		out.Body = body
		// Sending can outlast the answer.
		defer body.finish(w)
		// The answer may begin while the body is still coming. A writer that
		// is not net/http's HTTP/1 one cannot be told, and needs not.
		_ = http.NewResponseController(w).EnableFullDuplex()
	}
	resp, err := h.config.Router.RoundTrip(out)
	inform.stop()
	if body, ok := out.Body.(*requestBody); ok && !body.ended.Load() {
		// What is left of the body is not wanted: the caller need not send it,
		// and nothing else can come on this connection (RFC 9112 section 9.3).
		w.Header()["Connection"] = []string{"close"}
	}
	if err != nil {
		return h.refuse(w, in, err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return h.switchProtocols(w, in, resp)
	}
	return h.respond(w, in, resp)
}

// informer passes 1xx answers on while the final one is awaited. They arrive
// in a goroutine of the transport.
type informer struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	clear   bool
	stopped bool
}

func (i *informer) pass(code int, header textproto.MIMEHeader) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stopped {
		return nil
	}
	h := i.w.Header()
	for name, values := range header {
		h[name] = values
	}
	stripHopByHop(h)
	if i.clear {
		ctxhdr.Clear(h)
	}
	ctxhdr.LowerNames(h)
	i.w.WriteHeader(code)
	clear(h) // the final answer has headers of its own
	return nil
}

func (i *informer) stop() {
	i.mu.Lock()
	i.stopped = true
	i.mu.Unlock()
}
