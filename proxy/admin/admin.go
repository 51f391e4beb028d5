package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy/admin/internal/dashboard"
)

// An Admin is the handler of the admin server: its pages show what the process does.
// Make one with [New], and end what it does in the background with its method Retire. It
// is safe for concurrent use.
type Admin struct {
	access    access
	security  Security
	pages     map[string]http.Handler // by their paths
	dashboard *dashboard.Dashboard
	collector *collector
	pushing   *pushing
}

// New returns an Admin. Its error names the field of config that is invalid.
func New(config Config) (*Admin, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	collector := newCollector(config)
	before := config.Before
	config.Before = nil // which would keep all earlier Admins in memory
	metrics, err := newMetricsPage(collector, "")
	if err != nil {
		return nil, err
	}
	pages := map[string]http.Handler{
		"/admin/ping":          http.HandlerFunc(ping),
		"/admin/ready":         reading(readyPage(config.Ending)),
		"/admin/server_info":   reading(serverInfoPage(config.Version, collector.runtime.started)),
		"/admin/threads":       reading(http.HandlerFunc(threadsPage)),
		"/admin/threads.json":  reading(http.HandlerFunc(threadsJSON)),
		"/admin/contention":    reading(http.HandlerFunc(contentionPage)),
		"/admin/announcer":     reading(http.HandlerFunc(announcerPage)),
		"/admin/registry.json": reading(registryPage(config)),
		"/admin/metrics.json":  reading(metricsJSON(collector)),
		"/metrics":             reading(metrics),
	}
	if config.Effective != nil {
		pages["/config.json"] = reading(configPage(config.Effective))
	}
	if config.Docs != nil {
		pages["/docs"] = reading(config.Docs)
	}
	if config.Shutdown != nil {
		pages["/admin/shutdown"] = newShutdown(config)
	}
	if config.LogLevel != nil {
		addLogging(pages, config.LogLevel)
	}
	if config.Tracing != nil {
		pages["/admin/tracing"] = tracingPage(config.Tracing)
	}
	if config.Lint != nil {
		addLint(pages, config.Lint)
	}
	if config.Reload != nil {
		pages["/admin/reload"] = reading(reloadPage(config.Reload, config.Certificates))
	}
	if len(config.Routers) > 0 {
		pages["/delegator.json"] = newDelegator(config.Routers)
		pages["/bound-names.json"] = reading(boundNames(config.Namers))
		if err := addExplain(pages, config); err != nil {
			return nil, err
		}
		pages["/client_state.json"] = reading(clientStatePage(config.Routers))
	}
	board, err := newDashboard(pages, config, collector.runtime.started, before)
	if err != nil {
		return nil, err
	}
	collector.past = board.History()
	for path, page := range pages { // as in Linkerd, whose pages ask for both
		if strings.HasPrefix(path, "/files/") {
			pages["/admin"+path] = page
		}
	}
	addProfiles(pages, config.Ending)
	addNamerStates(pages, config.Namers)
	if err := addStates(pages, config.States); err != nil {
		return nil, err
	}
	for path, prefix := range config.Prometheus {
		if pages[path] != nil || isIndex(path) {
			return nil, configError(fmt.Sprintf("Prometheus[%q]", path), "has a path that is taken")
		}
		page, err := newMetricsPage(collector, prefix)
		if err != nil {
			return nil, err
		}
		pages[path] = reading(page)
	}
	if config.InfluxDB {
		if pages[influxPath] != nil {
			return nil, configError("InfluxDB", "needs the path of another page: "+influxPath)
		}
		pages[influxPath] = reading(influxPage(collector))
	}
	addIndex(pages)
	a := &Admin{security: config.Security, pages: pages, dashboard: board, collector: collector}
	if a.access, err = newAccess(config, collector.refusals, http.HandlerFunc(a.serve)); err != nil {
		return nil, err
	}
	collector.history.begin(collector)
	board.Start()
	a.pushing = push(collector)
	return a, nil
}

// ServeHTTP implements [http.Handler].
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	a.access.ServeHTTP(w, r)
}

// serve handles a request that access has let through.
func (a *Admin) serve(w http.ResponseWriter, r *http.Request) {
	path := cleaned(r.URL.Path)
	if a.hide(w, path) {
		return
	}
	page, ok := a.pages[path]
	if !ok {
		http.Error(w, "Not found: see /admin for what is here.", http.StatusNotFound)
		return
	}
	page.ServeHTTP(w, r)
}

// reading lets only GET and HEAD through. Package net/http drops the body of a response
// to HEAD.
func reading(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		page.ServeHTTP(w, r)
	})
}

// refused responds to a request whose method is not allowed, and reports whether it did.
func refused(w http.ResponseWriter, r *http.Request, allowed ...string) bool {
	if slices.Contains(allowed, r.Method) {
		return false
	}
	w.Header()["Allow"] = []string{joined(allowed)}
	w.WriteHeader(http.StatusMethodNotAllowed)
	return true
}
