package proxy

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/trouble"
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
	h := &handler{config: config, latency: latency{born: time.Now()}, dtabs: inbound.NewDtabs(), marker: newMarker(), forwarder: newForwarder(config.Forwarded, config.Router.Label())}
	h.self = (*Handler)(hophandler.New(h, hophandler.Facts{
		Router:        config.Router,
		ServiceName:   config.ServiceName,
		ClearsContext: config.ClearContext,
		IgnoresDtabs:  config.ignoresDtabs(),
		Observe:       h.observe,
		Latency:       h.latency.read,
		Payloads:      func() histogram.Payloads { return h.payload.Read(time.Since(h.latency.born)) },
	}))
	return h.self, nil
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
	self      *Handler
	config    Config
	dtabs     *inbound.Dtabs // of requests
	buffers   sync.Pool      // of *[]byte, for copying bodies
	large     sync.Pool      // the same, for those that are known to be large
	records   sync.Pool      // of *Record
	exchanges sync.Pool      // of *exchange, as lend leaves them
	observer  atomic.Pointer[func(*Record)]
	stats     counters
	latency   latency
	payload   histogram.Payload
	marker    marker
	forwarder *forwarder      // nil: no Forwarded header is added
	broken    trouble.Trouble // responses that broke off
	admitted  atomic.Int64    // in flight, while there is a limit
	draining  atomic.Bool
}

// serve proxies one request.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	x, ok := h.exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
	}
	x.handler, x.w, x.in = h, w, r
	x.local.Arrived = began
	x.beginRecord(began)
	ctx, cause := x.inbound()
	if cause != nil {
		h.stats.refused.Add(1)
		x.body = borrow(w, r)
		defer x.body.finish(w)
		x.body.discard(w, r)
		status := x.refuse(cause)
		if x.local.Record != nil {
			x.endRecord(status, time.Since(began))
		}
		return
	}
	x.recordTrace(ctx)
	status := http.StatusInternalServerError // if something below panics
	h.stats.begin()
	defer func() {
		hopspan.EndServer(x.local.ServerSpan, status)
		took := time.Since(began)
		if !x.timed {
			h.latency.record(status, began, took)
		}
		h.stats.end(status, x.success(status), x.cause, took)
		h.payload.Record(began.Sub(h.latency.born)+took, x.body.received(), x.sent)
		x.endRecord(status, took)
		x.lend()
	}()
	if !h.admit() {
		x.body = borrow(w, r)
		defer x.body.finish(w)
		x.body.discard(w, r)
		status = x.nack()
		return
	}
	defer h.release()
	x.reportIgnoredDtab()
	if status = x.proxy(ctx); x.brokeOff {
		// The status has been sent: only a broken connection tells the client.
		panic(http.ErrAbortHandler)
	}
	x.whole = true
}

// closeIfDraining makes the connection close after the response, if the handler drains.
func (h *handler) closeIfDraining(w http.ResponseWriter, in *http.Request) {
	if h.draining.Load() {
		httpx.CloseAfter(w, in)
	}
}
