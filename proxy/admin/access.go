package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/headers"
	"github.com/meshhop/meshhop/internal/hostcheck"
)

// access decides who may ask for what.
type access struct {
	open    map[string]bool // paths that may be asked for through a proxy, too
	checked http.Handler    // the pages behind the check of Host and Origin
	pages   http.Handler
	direct  string // how to ask the server directly
	refused *Refusals
}

// Refusals counts the requests that an [Admin] refused because of their sender. The
// zero value is ready for use, by any number of Admins.
type Refusals struct{ proxied, foreign atomic.Uint64 }

func newAccess(c Config, pages http.Handler) (access, error) {
	a := access{open: map[string]bool{}, pages: pages, direct: "the admin server", refused: c.Refusals}
	if c.Addr != "" {
		a.direct += " at " + c.Addr
	}
	for _, p := range c.Prometheus {
		a.open[p.Path] = true
	}
	checked, err := hostcheck.New(pages, hostcheck.Config{Addr: c.Addr, Names: c.Hosts, Setting: "admin.hosts", Refused: func() { a.refused.foreign.Add(1) }})
	if wrong := (*hostcheck.NameError)(nil); errors.As(err, &wrong) {
		return a, &ConfigError{fmt.Sprintf("Hosts[%d]", wrong.Index), "is not the name of a host, without a port: " + brief(wrong.Name)}
	}
	a.checked = checked
	return a, err
}

func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// With an override of the routing, which may come from anybody, a request
	// to a router reaches whatever the hop itself reaches, loopback included.
	if cameThroughProxy(r.Header) {
		if !a.isOpen(r.URL.Path) {
			a.refused.proxied.Add(1)
			say(w, http.StatusForbidden, "This page is not shown to a request that came through a proxy, as its Via or l5d-* headers say: "+
				"ask "+a.direct+" directly, without such headers.\n")
			return
		}
		// No page in a browser can write Via.
		if len(r.Header[headers.ViaName]) > 0 {
			a.pages.ServeHTTP(w, r)
			return
		}
	}
	a.checked.ServeHTTP(w, r)
}

// isOpen says whether a page tells no more than that the process lives, and how
// it does: the load balancer's checks and scrapes of metrics may come through a
// router.
func (a *access) isOpen(path string) bool {
	return path == "/admin/ping" || path == "/admin/ready" || path == "/metrics" || strings.HasPrefix(path, "/admin/metrics") || a.open[path]
}

// cameThroughProxy says whether a request has the marks of a proxy: every one
// adds Via (RFC 9110 section 7.6.3), and those of the mesh headers of their own.
func cameThroughProxy(h http.Header) bool {
	if len(h[headers.ViaName]) > 0 {
		return true
	}
	for name := range h {
		if headers.IsMesh(name) {
			return true
		}
	}
	return false
}
