// Package hophandler is what the hop's own packages ask of a proxy.Handler, which is
// opaque to everybody else:
//
//	h := (*hophandler.Handler)(handler)
//	explanation := h.Explain(request)
//	status, message := h.Refusal(request, explanation.Err)
package hophandler

import (
	"context"
	"net/http"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/record"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// Handler proxies requests. A *proxy.Handler is a *Handler without its methods, and is
// converted where they are needed.
type Handler struct {
	explainer Explainer
	facts     Facts
}

// Facts are how a handler is configured.
type Facts struct {
	Router        *router.Router
	ServiceName   string // of its server spans
	ClearsContext bool   // it takes no l5d-* header from clients
	IgnoresDtabs  bool   // it takes no dtab from clients

	// Latency returns how long its requests took, from their arrival to the head of the
	// response.
	Latency func() histogram.Latency

	// Payloads returns how many bytes the bodies of its requests and responses had.
	Payloads func() histogram.Payloads

	// Observe has f called with the record of each request from now on, nil: nobody, in
	// place of the function that it had.
	Observe func(f func(*record.Record))
}

// Explainer is the handler itself.
type Explainer interface {
	Explain(in *http.Request) *routerview.Explanation
	ExplainOutgoing(in *http.Request) (*routerview.Explanation, http.Header)
	ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *routerview.Explanation
	Refusal(in *http.Request, cause error) (status int, message string)
}

// New returns a Handler. Package proxy alone calls it.
func New(e Explainer, f Facts) *Handler { return &Handler{e, f} }

// Explainer returns what New was given.
func (h *Handler) Explainer() Explainer { return h.explainer }

// Router returns where the handler sends requests.
func (h *Handler) Router() *router.Router { return h.facts.Router }

// ServiceName returns the service of the handler's server spans.
func (h *Handler) ServiceName() string { return h.facts.ServiceName }

// ClearsContext reports whether the handler takes no l5d-* header from clients.
func (h *Handler) ClearsContext() bool { return h.facts.ClearsContext }

// IgnoresDtabs reports whether the handler takes no dtab from clients, because of
// proxy.Config's ClearContext or IgnoreDtabs.
func (h *Handler) IgnoresDtabs() bool { return h.facts.IgnoresDtabs }

// Latency returns how long the requests of the handler took, from their arrival to the
// head of the response.
func (h *Handler) Latency() histogram.Latency {
	if h.facts.Latency == nil {
		return histogram.Latency{}
	}
	return h.facts.Latency()
}

// Payloads returns how many bytes the bodies of its requests and of the responses to its
// clients had, of those that had any.
func (h *Handler) Payloads() histogram.Payloads {
	if h.facts.Payloads == nil {
		return histogram.Payloads{}
	}
	return h.facts.Payloads()
}

// Observe has f called with the record of each request that ends from now on, beside
// proxy.Config's Ended and on its terms. There is one such function; nil takes it away.
func (h *Handler) Observe(f func(*record.Record)) { h.facts.Observe(f) }

// Explain returns what the handler would do with a request, without doing it: see
// router.Router's Explain. The explanation's Err can be one of the handler's own, for
// a request that it would refuse before it has a name; Refusal puts each in words.
func (h *Handler) Explain(in *http.Request) *routerview.Explanation { return h.explainer.Explain(in) }

// ExplainOutgoing is Explain, and returns the header of the request as it would be sent
// on, without what the router writes for each attempt (l5d-dst-*, trace and deadline).
func (h *Handler) ExplainOutgoing(in *http.Request) (*routerview.Explanation, http.Header) {
	return h.explainer.ExplainOutgoing(in)
}

// ExplainName returns what the handler would do with a request that has a name already
// and brings that dtab, which may be nil: see router.Router's ExplainName.
func (h *Handler) ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *routerview.Explanation {
	return h.explainer.ExplainName(ctx, name, dtab)
}

// Refusal returns the status and the message with which the handler refuses a request
// for that reason. The message is for the client, unless ClearsContext keeps it.
func (h *Handler) Refusal(in *http.Request, cause error) (status int, message string) {
	return h.explainer.Refusal(in, cause)
}
