package proxy

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

var _ hophandler.Explainer = (*handler)(nil)

// Explain is described at [hophandler.Handler].
func (h *handler) Explain(in *http.Request) *routerview.Explanation {
	_, e := h.explain(in)
	return e
}

func (h *handler) explain(in *http.Request) (*exchange, *routerview.Explanation) {
	x := &exchange{handler: h, in: in}
	err := x.readContext()
	if err == nil && in.Method == http.MethodConnect {
		err = errConnect
	}
	if err != nil {
		return x, &routerview.Explanation{Err: err}
	}
	x.outbound(in.Context())
	return x, h.config.Router.View().Explain(&x.out)
}

// ExplainOutgoing is described at [hophandler.Handler].
func (h *handler) ExplainOutgoing(in *http.Request) (*routerview.Explanation, http.Header) {
	x, e := h.explain(in)
	if e.Err != nil {
		return e, nil
	}
	header := http.Header{}
	for name, values := range x.out.Header {
		if !wire.IsRenewed(name) && !x.edit.Omits(name) {
			header[name] = slices.Clone(values)
		}
	}
	for i := 0; ; i++ {
		name, value, ok := x.edit.Field(i)
		if !ok {
			break
		}
		header.Add(name, value)
	}
	if dtab := e.SentDtab(); len(dtab) > 0 {
		wire.Set(header, wire.CtxDtabName, dtab.String())
	}
	return e, header
}

// ExplainName is described at [hophandler.Handler].
func (h *handler) ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *routerview.Explanation {
	if h.config.ignoresDtabs() {
		dtab = nil
	}
	in := &inbound.Request{Overrides: h.config.Overrides}
	return h.config.Router.View().ExplainName(&inbound.Context{Context: ctx, Request: in}, name, dtab)
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
