package proxy

import (
	"context"
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

var _ hophandler.Explainer = (*handler)(nil)

// Explain is described at [hophandler.Handler].
func (h *handler) Explain(in *http.Request) *router.Explanation {
	x := &exchange{handler: h, in: in}
	err := x.readContext()
	if err == nil && in.Method == http.MethodConnect {
		err = errConnect
	}
	if err != nil {
		return &router.Explanation{Err: err}
	}
	x.outbound(in.Context())
	return h.config.Router.Explain(&x.out)
}

// ExplainName is described at [hophandler.Handler].
func (h *handler) ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *router.Explanation {
	if h.config.ignoresDtabs() {
		dtab = nil
	}
	in := &inbound.Request{Overrides: h.config.Overrides}
	return h.config.Router.ExplainName(&inbound.Context{Context: ctx, Request: in}, name, dtab)
}

// Refusal is described at [hophandler.Handler].
func (h *handler) Refusal(in *http.Request, cause error) (status int, message string) {
	if protocol := (*protocolError)(nil); errors.As(cause, &protocol) {
		return protocol.status, ""
	}
	status, message = h.verdict(in, cause)
	_, message = h.fit(message)
	return status, message
}
