package main

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// tenantIdentifier is the kind example.tenant. It has one key:
//
//	header  the header that names the tenant. Default X-Tenant.
func tenantIdentifier(d *config.Decoder) (config.Part[router.Identifier], error) {
	return config.Ready[router.Identifier](tenant{header: d.Text("header", "X-Tenant")}), nil
}

// tenant names a request after its tenant and its host: /svc/acme/web.
type tenant struct{ header string }

func (i tenant) Identify(r *http.Request) (resolve.Path, error) {
	name := r.Header.Get(i.header)
	if name == "" || r.Host == "" {
		// The next identifier of the list is asked, if there is one.
		return resolve.Path{}, &router.UnidentifiedError{Reason: "the request has no header " + i.header}
	}
	return resolve.NewPath(strings.ToLower(name), strings.ToLower(r.Host))
}
