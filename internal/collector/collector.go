package collector

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/hostcheck"
)

// Collector is an in-memory Zipkin server: an http.Handler for the API and
// the pages that the package comment lists. It is safe for concurrent use.
type Collector struct {
	config  Config
	store   *store
	pages   *pages
	mux     *http.ServeMux
	checked http.Handler // mux behind the check of the Host
	uploads *uploads
	places  chan *worker // a nil worker is not made yet
	foreign *http.CrossOriginProtection
	closed  atomic.Bool
	counts  counts
}

// New returns an empty Collector. It returns an error only if a field of Config is
// outside the bounds that its documentation names.
func New(c Config) (*Collector, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	col := &Collector{
		config:  c,
		store:   newStore(c),
		pages:   p,
		mux:     http.NewServeMux(),
		uploads: newUploads(c),
		places:  make(chan *worker, c.MaxUploads),
		foreign: http.NewCrossOriginProtection(),
	}
	for range c.MaxUploads {
		col.places <- nil
	}
	col.routes()
	col.checked, err = hostcheck.New(col.mux, hostcheck.Config{
		Names: c.Hosts, Setting: "Hosts (flag -hosts of meshhop)", Refused: func() { col.counts.foreignHost.Add(1) },
	})
	if err != nil {
		return nil, fmt.Errorf("collector: Hosts: %w", err)
	}
	return col, nil
}

// ServeHTTP implements [http.Handler].
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodPost && !fromBrowser(r) {
		// A tracer may use any name for the collector, so the Host is not checked.
		c.mux.ServeHTTP(w, r)
		return
	}
	c.checked.ServeHTTP(w, r)
}

// fromBrowser reports whether a POST has a header that every browser adds and that a page
// cannot remove.
func fromBrowser(r *http.Request) bool {
	return r.Header["Origin"] != nil || r.Header["Sec-Fetch-Site"] != nil
}

// Close removes all spans. Later uploads get the status 503. Close always returns nil.
func (c *Collector) Close() error {
	c.closed.Store(true)
	c.store.clear()
	return nil
}

func (c *Collector) routes() {
	c.mux.HandleFunc("POST /api/v2/spans", c.postSpans)
	c.mux.HandleFunc("GET /api/v2/services", c.getServices)
	c.mux.HandleFunc("GET /api/v2/spans", c.getSpanNames)
	c.mux.HandleFunc("GET /api/v2/remoteServices", c.getRemoteServices)
	c.mux.HandleFunc("GET /api/v2/traces", c.getTraces)
	c.mux.HandleFunc("GET /api/v2/trace/{id}", c.getTrace)
	c.mux.HandleFunc("GET /api/v2/traceMany", c.getTraceMany)
	c.mux.HandleFunc("GET /api/v2/dependencies", c.getDependencies)
	c.mux.HandleFunc("GET /api/v2/autocompleteKeys", c.getAutocompleteKeys)
	c.mux.HandleFunc("GET /api/v2/autocompleteValues", c.getAutocompleteValues)
	c.mux.HandleFunc("GET /health", c.getHealth)
	c.mux.HandleFunc("GET /info", c.getInfo)
	c.mux.HandleFunc("GET /{$}", c.searchPage)
	c.mux.HandleFunc("GET /traces/{id}", c.tracePage)
	c.mux.HandleFunc("GET /traces/{id}/download", c.download)
	c.mux.HandleFunc("POST /upload", c.postUpload)
	c.mux.HandleFunc("GET /compare", c.comparePage)
	c.mux.HandleFunc("GET /dependency", c.dependencyPage)
	c.mux.HandleFunc("GET /dependency/", c.redirect)
	c.mux.HandleFunc("GET /files/page.js", c.script)
	c.mux.HandleFunc("GET /zipkin/", c.redirect)
	c.mux.HandleFunc("GET /zipkin", c.redirect)
}
