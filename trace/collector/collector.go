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
	checked http.Handler // mux, for Hosts that may be asked for
	uploads *uploads
	places  chan *worker // a nil one is not there yet
	foreign *http.CrossOriginProtection
	closed  atomic.Bool
	counts  counts
}

// New returns a Collector with nothing in it. It fails only for a Config whose
// fields contradict their documentation.
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
		// Tracers call their collector by whatever name they know.
		c.mux.ServeHTTP(w, r)
		return
	}
	c.checked.ServeHTTP(w, r)
}

// fromBrowser reports whether a POST has a header that browsers add to theirs, and
// which a page cannot take away.
func fromBrowser(r *http.Request) bool {
	return r.Header["Origin"] != nil || r.Header["Sec-Fetch-Site"] != nil
}

// Close forgets all spans. Spans that are sent later are answered with 503. It
// always returns nil.
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
	c.mux.HandleFunc("GET /dependency", c.dependencyPage)
	c.mux.HandleFunc("GET /dependency/", c.redirect)
	c.mux.HandleFunc("GET /zipkin/", c.redirect)
	c.mux.HandleFunc("GET /zipkin", c.redirect)
}
