package router

import (
	"context"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace"
)

// localFrom reads the headers of a request that did not come through proxy.Handler.
// It uses the request's own context headers and, for names that it lacks, those that
// [ctxhdr.Middleware] remembered, which are added to its headers. If ctx has no
// span, the returned context continues the trace of the headers.
func (r *Router) localFrom(ctx context.Context, h http.Header) (context.Context, *inbound.Request, error) {
	if merged := ctxhdr.FromContext(ctx); merged != nil {
		ctxhdr.Forward(merged, h)
		ctxhdr.Forward(h, merged)
	}
	if !trace.FromContext(ctx).IsValid() {
		if caller, ok := trace.L5d().Extract(h); ok {
			ctx = trace.ContextWithRemote(ctx, caller)
		}
	}
	local := &inbound.Request{Arrived: time.Now()}
	local.Deadline, _ = ctxhdr.Deadlines(h)
	if err := r.dtabs.Read(local, wire.Dtabs(h)); err != nil {
		return ctx, nil, &Error{Kind: InvalidDtab, Err: err}
	}
	return ctx, local, nil
}

// pass returns an error if the server refuses a request with that name.
func pass(local *inbound.Request, name resolve.Path) error {
	if local.Passage == nil {
		return nil
	}
	if err := local.Passage.Named(name, local.DtabText); err != nil {
		return &Error{Kind: looped, Dst: name, Err: err}
	}
	return nil
}

// overridesOf returns the bounds of the request's own dtab, or nil.
func overridesOf(local *inbound.Request) *Overrides {
	o, _ := local.Overrides.(*Overrides)
	return o
}
