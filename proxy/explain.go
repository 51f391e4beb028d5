package proxy

import (
	"context"
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

var _ hophandler.Explainer = (*handler)(nil)

// Explain is described at [hophandler.Handler].
func (h *handler) Explain(in *http.Request) *router.Explanation {
	x := &exchange{handler: h, in: in}
	err := x.received()
	if err == nil && in.Method == http.MethodConnect {
		err = errConnect
	}
	if err != nil {
		return &router.Explanation{Err: err}
	}
	x.outbound(router.NewContext(in.Context(), &x.local))
	return h.config.Router.Explain(&x.out)
}

// ExplainName is described at [hophandler.Handler].
func (h *handler) ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *router.Explanation {
	local := &router.Local{Overrides: h.config.Overrides}
	if !h.config.ignoresDtabs() {
		local.SetDtab(dtab)
	}
	return h.config.Router.ExplainLocal(ctx, name, local)
}

// Refusal is described at [hophandler.Handler].
func (h *handler) Refusal(in *http.Request, cause error) (status int, message string) {
	if protocol := (*protocolError)(nil); errors.As(cause, &protocol) {
		return protocol.status, ""
	}
	status, message = h.verdict(in, cause)
	_, message = h.fitted(message)
	return status, message
}
