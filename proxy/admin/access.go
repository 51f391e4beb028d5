package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/hostcheck"
	"github.com/meshhop/meshhop/internal/wire"
)

// access decides which client may ask for which page.
type access struct {
	open    map[string]bool // paths that are served through a proxy, too
	checked http.Handler    // the pages behind the check of Host and Origin
	pages   http.Handler
	direct  string // how to ask the server directly
	refused *refusals
}

// refusals count the requests that were refused because of their sender, by an [Admin]
// and by those before it.
type refusals struct{ proxied, foreign atomic.Uint64 }

func newAccess(c Config, refused *refusals, pages http.Handler) (access, error) {
	a := access{open: map[string]bool{}, pages: pages, direct: "the admin server", refused: refused}
	if c.Addr != "" {
		a.direct += " at " + c.Addr
	}
	for path := range c.Prometheus {
		a.open[path] = true
	}
	checked, err := hostcheck.New(pages, hostcheck.Config{Addr: c.Addr, Names: c.Hosts, Setting: "admin.hosts", Refused: func() { a.refused.foreign.Add(1) }})
	if wrong := (*hostcheck.NameError)(nil); errors.As(err, &wrong) {
		return a, configError(fmt.Sprintf("Hosts[%d]", wrong.Index), "is not the name of a host, without a port: "+brief(wrong.Name))
	}
	a.checked = checked
	return a, err
}

func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// With an l5d-dtab header, which any client may send, a request to a router
	// reaches whatever the hop itself reaches, loopback included.
	if cameThroughProxy(r.Header) {
		if !a.isOpen(r.URL.Path) && a.refuseProxied(w, r) {
			return
		}
		// No page in a browser can write Via.
		if len(r.Header[wire.ViaName]) > 0 {
			a.pages.ServeHTTP(w, r)
			return
		}
	}
	a.checked.ServeHTTP(w, r)
}

// refuseProxied refuses a request that came through a proxy, and reports whether it did.
func (a *access) refuseProxied(w http.ResponseWriter, r *http.Request) bool {
	if !cameThroughProxy(r.Header) {
		return false
	}
	a.refused.proxied.Add(1)
	writeText(w, http.StatusForbidden, "This page is not shown to a request that came through a proxy, as its Via or l5d-* headers say: "+
		"ask "+a.direct+" directly, without such headers.\n")
	return true
}

// isOpen reports whether a page shows only that the process lives, and its metrics:
// the checks of load balancers and the scrapes of Prometheus may come through a router.
func (a *access) isOpen(path string) bool {
	return path == "/admin/ping" || path == "/admin/ready" || path == "/metrics" || strings.HasPrefix(path, "/admin/metrics") || a.open[path]
}

// cameThroughProxy reports whether a request has the headers of a proxy: every proxy
// adds Via (RFC 9110 section 7.6.3), and those of a mesh add headers of their own.
func cameThroughProxy(h http.Header) bool {
	if len(h[wire.ViaName]) > 0 {
		return true
	}
	for name := range h {
		if wire.IsMesh(name) {
			return true
		}
	}
	return false
}
