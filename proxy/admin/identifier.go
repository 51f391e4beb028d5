package admin

import (
	"context"
	"net/http"

	"github.com/meshhop/meshhop/router"
)

// identification is what a router calls a request (HttpIdentifierHandler.scala).
type identification struct {
	Path  string `json:"path,omitempty"`
	Dtab  string `json:"dtab,omitempty"`
	Error string `json:"error,omitempty"`
}

// Identifier returns the handler of a second server (admin.httpIdentifierPort). Its only page
// answers any request with the name that each router would give it and the router's dtab, or
// with the reason why it has none, as JSON:
//
//	{"outgoing":{"path":"/svc/web","dtab":"/svc=>/#/io.l5d.fs"},"in":{"error":"Host header is absent"}}
//
// Nothing is looked up or sent. A request that came through a proxy gets 403, as on the
// other pages. The Host may be any.
func (a *Admin) Identifier() http.Handler {
	routers := a.collector.config.Routers
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if a.access.refuseProxied(w, r) {
			return
		}
		all := map[string]identification{}
		for _, one := range routers {
			all[one.Label()] = identified(one, r)
		}
		writeJSON(w, all)
	})
}

func identified(by *router.Router, r *http.Request) identification {
	ctx, cancel := context.WithTimeout(r.Context(), delegateTimeout)
	defer cancel()
	name, err := by.View().Identify(r.Clone(ctx))
	if err != nil {
		return identification{Error: brief(err.Error())}
	}
	return identification{Path: name.String(), Dtab: brief(by.Dtab().String())}
}
