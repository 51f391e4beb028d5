package admin

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/loglevel"
	"github.com/meshhop/meshhop/proxy/admin/internal/dashboard"
)

// newDashboard adds the pages that people look at. Before is the Admin whose past they go
// on showing; nil: there is none.
func newDashboard(pages map[string]http.Handler, c Config, started time.Time, before *Admin) (*dashboard.Dashboard, error) {
	own := dashboard.Config{
		Routers: c.Routers, Namers: c.Namers, Spans: c.Spans, Kubernetes: c.Kubernetes, Effective: c.Effective,
		Ending: c.Ending, Version: c.Version, Started: started,
		Has:   func(path string) bool { return pages[path] != nil && c.Security.allows(path) },
		Fixed: !c.Security.allows("/logging.json"),
	}
	if level := c.LogLevel; level != nil {
		own.Loggers = func() []dashboard.Logger {
			return []dashboard.Logger{{Name: rootLogger, Level: loglevel.Name(level.Level())}}
		}
	}
	if c.Lint != nil {
		own.Findings = func() []dashboard.Finding {
			var all []dashboard.Finding
			for _, f := range c.Lint() {
				if f.Kind != "" {
					all = append(all, dashboard.Finding(f))
				}
			}
			return all
		}
	}
	own.Requests.Rows = c.Requests.Rows
	if c.Requests.Sampler != nil {
		own.Requests.Keep, own.Requests.SampleRate = c.Requests.Sampler.Sample, c.Requests.Sampler.Rate()
	}
	for _, s := range c.Servers {
		own.Servers = append(own.Servers, dashboard.Server{Name: s.Name, Handler: s.Handler, Connections: s.Connections, Addr: s.Addr})
	}
	if c.Reload != nil {
		own.Reloads = func() dashboard.Reloads {
			r := c.Reload()
			return dashboard.Reloads{File: r.File, Loaded: r.Loaded, Tried: r.Tried, Taken: r.Taken, Refused: r.Refused, Problem: r.Problem}
		}
	}
	if before != nil {
		own.History = before.dashboard.History()
	}
	d, err := dashboard.New(own)
	if err != nil {
		return nil, err
	}
	texts := maps.Clone(pages)
	for path, page := range d.Pages() {
		pages[path] = reading(page)
	}
	if text := texts["/logging"]; text != nil {
		pages["/logging"] = writing(pages["/logging"], text, c)
	}
	return d, nil
}

// wantsHTML reports whether a client is a browser, or asks like one. Others get lists and
// texts where there are both.
func wantsHTML(r *http.Request) bool {
	for _, line := range r.Header["Accept"] {
		if strings.Contains(line, "text/html") {
			return true
		}
	}
	return false
}

// pageOr is a page of the dashboard or, for others than browsers, a text.
func pageOr(overview, list http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if wantsHTML(r) || r.URL.Query().Get("format") == "json" {
			overview.ServeHTTP(w, r)
			return
		}
		list.ServeHTTP(w, r)
	})
}
