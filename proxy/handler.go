// Package proxy is the server side of the mesh hop: an [http.Handler] that receives
// a request, sends it on through a router.Router, and streams the response back. Package
// serve has a server for it that can be drained.
//
//	1 handler.go   ServeHTTP   a request arrives
//	2 inbound.go   inbound     its l5d headers become context; the server span starts
//	  (steps 3 to 7 are package router's)
//	8 respond.go   respond     the response
//	  refuse.go    refuse      or the error that says why there is none
//
// Bodies are streamed in both directions, with trailers, informational responses
// and upgraded connections. Hop-by-hop headers are not sent on.
package proxy

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/router"
)

// A Handler proxies requests. Make one with [New]; it is safe for concurrent use.
type Handler hophandler.Handler

// New returns a handler with the given configuration.
func New(config Config) (*Handler, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &handler{config: config, marker: newMarker(), forwarder: newForwarder(config.Forwarded, config.Router.Label())}
	return (*Handler)(hophandler.New(h, hophandler.Facts{
		Router:        config.Router,
		ServiceName:   config.ServiceName,
		ClearsContext: config.ClearContext,
		IgnoresDtabs:  config.ignoresDtabs(),
	})), nil
}

var _ http.Handler = (*Handler)(nil)

// ServeHTTP sends a request on and streams the response back.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.handler().serve(w, r) }

// Drain makes each HTTP/1.1 response from now on ask its client to close the
// connection. A serve.Server calls it when it is shut down. An http.Server asks
// clients by itself and needs no Drain.
func (h *Handler) Drain() { h.handler().draining.Store(true) }

// Router returns where the handler sends requests.
func (h *Handler) Router() *router.Router { return (*hophandler.Handler)(h).Router() }

// Stats returns the counters as they are now.
func (h *Handler) Stats() Stats { return h.handler().stats.snapshot() }

func (h *Handler) handler() *handler {
	return (*hophandler.Handler)(h).Explainer().(*handler)
}

// handler is a Handler from inside.
type handler struct {
	config    Config
	buffers   sync.Pool // of *[]byte, for copying bodies
	stats     counters
	marker    marker
	forwarder *forwarder   // nil: no Forwarded header is added
	admitted  atomic.Int64 // in flight, while there is a limit
	draining  atomic.Bool
}

// serve proxies one request.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	x := &exchange{handler: h, w: w, in: r}
	ctx, cause := x.inbound()
	if cause != nil {
		h.stats.refused.Add(1)
		body := borrow(w, r)
		defer body.finish(w)
		body.giveUp(w, r)
		h.refuse(w, r, cause)
		return
	}
	status := http.StatusInternalServerError // should something below panic
	h.stats.begin()
	defer func() {
		hopspan.EndServer(x.local.ServerSpan, status)
		h.stats.end(status, x.success(status), time.Since(began))
	}()
	if !h.admit() {
		body := borrow(w, r)
		defer body.finish(w)
		body.giveUp(w, r)
		status = h.nack(w, r)
		return
	}
	defer h.leave()
	x.tellIgnored()
	var broken bool
	if status, broken = x.proxy(ctx); broken {
		// The status is out: only breaking the connection tells the caller.
		panic(http.ErrAbortHandler)
	}
}

// lastAnswer says that the connection closes, while the handler drains.
func (h *handler) lastAnswer(w http.ResponseWriter, in *http.Request) {
	if h.draining.Load() {
		httpx.CloseAfter(w, in)
	}
}
