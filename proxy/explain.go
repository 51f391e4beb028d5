package proxy

import (
	"context"
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// Explain says what the handler would do with a request, without doing it: see
// [router.Router.Explain]. The explanation's Err can be one of the handler's
// own, for a request that it would refuse before it has a name; [Handler.Refusal]
// puts each in words.
func (h *Handler) Explain(in *http.Request) *router.Explanation {
	x := &exchange{Handler: h, in: in}
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

// ExplainName says what the handler would do with a request that has a name
// already and brings that dtab, which may be nil: see
// [router.Router.ExplainName].
func (h *Handler) ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *router.Explanation {
	local := &router.Local{Overrides: h.config.Overrides}
	if !h.IgnoresDtabs() {
		local.SetDtab(dtab)
	}
	return h.config.Router.ExplainLocal(ctx, name, local)
}

// Refusal is the status and the message with which the handler refuses a
// request for that reason. The message is for the caller, unless
// [Config].ClearContext keeps it.
func (h *Handler) Refusal(in *http.Request, cause error) (status int, message string) {
	if protocol := (*protocolError)(nil); errors.As(cause, &protocol) {
		return protocol.status, ""
	}
	status, message = h.verdict(in, cause)
	_, message = h.fitted(message)
	return status, message
}

// ClearsContext says whether the handler takes no l5d-* header from callers.
func (h *Handler) ClearsContext() bool { return h.config.ClearContext }
