package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

const (
	jsonType = "application/json;charset=UTF-8"

	// delegateTimeout bounds the wait for namers.
	delegateTimeout = 2 * time.Second

	// maxDelegation bounds a response of the delegator, in bytes. Without it, that could
	// be thousands of times as long as the request.
	maxDelegation = 8 << 20
)

// delegator is /delegator.json (DelegateApiHandler.scala).
type delegator struct {
	byLabel map[string]resolve.Interpreter
	first   resolve.Interpreter // for requests that name no router
}

func newDelegator(routers []*router.Router) *delegator {
	d := &delegator{byLabel: make(map[string]resolve.Interpreter), first: routers[0].Interpreter()}
	for _, r := range routers {
		d.byLabel[r.Label()] = r.Interpreter()
	}
	return d
}

func (d *delegator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refused(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
		return
	}
	q, refusal := questionOf(w, r)
	if refusal != nil {
		writeText(w, refusal.status, refusal.text)
		return
	}
	delegation, refusal := d.answer(r.Context(), q)
	if refusal != nil {
		writeText(w, refusal.status, refusal.text)
		return
	}
	body, err := delegation.MarshalJSON() // an encoder would escape what Linkerd does not
	if err != nil {
		writeText(w, http.StatusInternalServerError, brief(err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// answer explains the name. An unknown namespace has no interpreter that could explain
// it.
func (d *delegator) answer(ctx context.Context, q question) (*resolve.Delegation, *refusal) {
	interpreter := d.first
	if q.namespace != nil {
		interpreter = d.byLabel[*q.namespace]
	}
	explainer, ok := interpreter.(resolve.Delegator)
	if !ok {
		namespace := ""
		if q.namespace != nil {
			namespace = *q.namespace
		}
		return nil, refuse(http.StatusNotImplemented, "Name Interpreter for "+namespace+" cannot show delegations")
	}
	dtab, err := resolve.ParseDtab(q.dtab)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "Invalid dtab: "+err.Error())
	}
	path, err := resolve.ParsePath(q.path)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "Invalid path: "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, delegateTimeout)
	defer cancel()
	delegation, err := explainer.Delegate(ctx, dtab, path)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, refuse(http.StatusServiceUnavailable, "Request timed out.")
	case err != nil:
		return nil, refuse(http.StatusInternalServerError, err.Error())
	case delegation.Size() > maxDelegation:
		return nil, refuse(http.StatusRequestEntityTooLarge, "The delegation is too long to be shown.")
	}
	return delegation, nil
}
