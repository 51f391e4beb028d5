package router

import (
	"context"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace"
)

// explainTimeout bounds the explanation in an error message: the namers have
// just answered, so that what is not known by then is not waited for.
const explainTimeout = 100 * time.Millisecond

// noReplicas is the error of a name that means nothing or nobody, with the
// dtabs it was looked up in and how far the look-up came.
func (r *Router) noReplicas(ctx context.Context, d dst, local resolve.Dtab, bound resolve.Path) error {
	e := &Error{Kind: NoReplicas, Dst: d.path, Bound: bound, BaseDtab: r.base.Load().dtab, LocalDtab: local}
	delegator, ok := r.config.Interpreter.(resolve.Delegator)
	if !ok {
		return e
	}
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	delegation, err := delegator.Delegate(ctx, r.config.Dtab.Append(local...), d.path)
	if err != nil {
		return e
	}
	var text strings.Builder
	delegation.Text(&text)
	e.Explained = text.String()
	return e
}

func identifiedOf(r *Router, local *Local, name resolve.Path) trace.Identified {
	return trace.Identified{
		Router:    r.config.Label,
		Dst:       name.String(),
		BaseDtab:  r.base.Load().text,
		LocalDtab: local.DtabText,
	}
}
