package router

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// Explain implements [routerview.Explainer].
func (r view) Explain(in *http.Request) *routerview.Explanation {
	e := &routerview.Explanation{}
	if e.Err = checkScheme(in.URL); e.Err != nil {
		return e
	}
	ctx, out := in.Context(), copied(in)
	local := inbound.FromContext(ctx)
	if local == nil {
		if _, local, e.Err = r.localFrom(ctx, out.Header); e.Err != nil {
			return e
		}
	}
	e.Dst, e.Err = r.named(ask(r.config.Identifier, out, func(i Identifier, name resolve.Path, err error) {
		e.Identified = append(e.Identified, routerview.Identification{Identifier: identifierName(i), Name: name, Err: err})
	}))
	e.Target = out.URL.RequestURI()
	if e.Err == nil {
		r.explain(ctx, e, local)
		if err := pass(local, e.Dst); err != nil {
			e.Err, e.Targets = err, nil // it would not come that far
		}
	}
	return e
}

// ExplainName implements [routerview.Explainer].
func (r view) ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *routerview.Explanation {
	e, local := &routerview.Explanation{Dst: name}, &inbound.Request{}
	if in := inbound.FromContext(ctx); in != nil {
		local.Overrides = in.Overrides
	}
	local.SetDtab(dtab)
	r.explain(ctx, e, local)
	return e
}

// explain looks e.Dst up.
func (r *Router) explain(ctx context.Context, e *routerview.Explanation, local *inbound.Request) {
	e.Dtab, e.Base, e.Places = r.config.Dtab.Append(local.Dtab...), len(r.config.Dtab), r.config.DtabPlaces
	e.Delegation, e.Incomplete = r.delegate(ctx, e.Dst, e.Dtab[:e.Base:e.Base], e.Dtab[e.Base:], overridesOf(local))
	if e.Incomplete == nil && e.Delegation != nil && e.Delegation.Truncated {
		e.Incomplete = errTruncated
	}
	var tree resolve.NameTree[destination]
	if tree, e.Cached, e.Err = r.meant(ctx, dstOf(local, e.Dst), e); e.Err != nil {
		return
	}
	var t targets
	t.add(tree, 1)
	e.Targets, e.Err = t.judged(r, e.Dst, r.unroutable(e.Dst, local.Dtab, e.Delegation))
}

var errTruncated = errors.New("the dtab rewrites the name into too many names")

// unroutable is the error of a name that means nothing or nobody, with the dtabs
// it was looked up in. Without a delegation it does not say how.
func (r *Router) unroutable(name resolve.Path, local resolve.Dtab, delegation *resolve.Delegation) Error {
	e := Error{Kind: NoReplicas, Dst: name, BaseDtab: r.base.Load().dtab, LocalDtab: local}
	if delegation != nil {
		e.Explained = explained(local, delegation)
	}
	return e
}

// explained is a look-up line by line, and before it what of the request's dtab had
// no part in it.
func explained(local resolve.Dtab, delegation *resolve.Delegation) string {
	var text strings.Builder
	if left := without(local, delegation.LeftOut); left != nil {
		text.WriteString("left out, as overrides may not lead there: " + left.text + "\n")
	}
	_ = delegation.Text(&text) // a builder does not fail
	return text.String()
}

func identifiedOf(r *Router, local *inbound.Request, name resolve.Path) hopspan.Request {
	return hopspan.Request{
		Router:    r.config.Label,
		Dst:       name.String(),
		BaseDtab:  r.base.Load().text,
		LocalDtab: local.DtabText,
	}
}
