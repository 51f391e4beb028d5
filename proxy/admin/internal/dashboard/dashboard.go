// Package dashboard is the pages of the admin server that people look at: what the
// routers do now and did in the last hours, where names lead, and why.
//
// A [Dashboard] is made of parts that know nothing of each other's insides:
//
//	source    the counters of the routers and servers, read once a second
//	History   what was read: a snapshot for all pages, rings of the past, the last requests
//	page      what one address shows, as figures, charts and tables
//	frame     a page as HTML; the same page is JSON, and events for the script
//
// No page reads counters itself, but for the endpoints of the one client that it shows.
// Without the script a page is whole; the script only changes texts in places that have
// a data-key, and curves.
package dashboard

import (
	"context"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// Config says what a [Dashboard] shows. All fields may be zero.
type Config struct {
	Routers    []*router.Router
	Servers    []Server
	Namers     []resolve.Mount
	Spans      map[string]func() trace.PipelineStats
	Kubernetes map[string]func() []resolve.WatchStats
	Effective  func() []byte
	Findings   func() []Finding
	// Loggers are those whose levels can be changed by a POST to /logging, unless the
	// levels are Fixed.
	Loggers func() []Logger
	Fixed   bool
	Reloads func() Reloads
	Ending  <-chan struct{}
	Version string
	Started time.Time // when the process started
	// Has reports whether the admin server has a page with this path.
	Has func(path string) bool
	// Requests says which requests are shown.
	Requests RecentRequests
	// History is that of the dashboard whose place this one takes; nil: a new one.
	History *History
}

// RecentRequests say which requests are shown.
type RecentRequests struct {
	// Keep reports whether a request of this trace that did not fail is kept, and
	// SampleRate is the share of those; nil: all are.
	Keep       func(oteltrace.TraceID) bool
	SampleRate float64
	Rows       int // of a page; 0: as of other tables
}

// Reloads are what became of reading the configuration again.
type Reloads struct {
	File           string
	Loaded, Tried  time.Time
	Taken, Refused uint64
	Problem        string
}

// A Dashboard has the pages. Close ends what it does in the background.
type Dashboard struct {
	config  Config
	history *History
	source  *source
	frames  frames
	streams chan struct{} // a place for each stream of events
}

// New returns a Dashboard, which shows something once it is started.
func New(c Config) (*Dashboard, error) {
	d := &Dashboard{config: c, history: c.History, streams: make(chan struct{}, maxStreams)}
	if d.history == nil {
		d.history = new(History)
	}
	d.config.History = nil
	var err error
	if d.frames, err = newFrames(); err != nil {
		return nil, err
	}
	d.source = newSource(c.Routers, c.Servers)
	d.source.keep = c.Requests.Keep
	return d, nil
}

// History is what the next dashboard goes on with.
func (d *Dashboard) History() *History { return d.history }

// Start samples from now on, until Close.
func (d *Dashboard) Start() { d.history.attach(d.source) }

// Close ends the sampling, unless another dashboard with the same history runs. It may be
// called more than once.
func (d *Dashboard) Close() { d.history.detach(d.source) }

// Pages returns the pages by their paths. That at / is for clients that want HTML.
func (d *Dashboard) Pages() map[string]http.Handler {
	pages := map[string]http.Handler{
		"/events":          http.HandlerFunc(d.events),
		"/files/style.css": fileOf("style.css", "text/css; charset=utf-8"),
		"/files/live.js":   fileOf("live.js", "text/javascript; charset=utf-8"),
		"/files/icon.svg":  fileOf("icon.svg", "image/svg+xml"),
		"/favicon.ico":     fileOf("icon.svg", "image/svg+xml"), // which browsers ask for beside texts
	}
	for path, build := range d.builders() {
		pages[path] = d.html(path, build)
	}
	return pages
}

// builder makes a page. The snapshot is the same for all pages of a second.
type builder func(ctx context.Context, s *snapshot, at at) (*page, *problem)

func (d *Dashboard) builders() map[string]builder {
	all := map[string]builder{
		"/": d.overview, "/router": d.routerPage, "/services": d.services, "/service": d.servicePage, "/client": d.clientPage,
		"/requests": d.requestsPage, "/health": d.health,
	}
	if len(d.config.Routers) > 0 {
		all["/delegator"], all["/names"] = d.playground, d.names
	}
	if d.config.Loggers != nil {
		all["/logging"] = d.logging
	}
	if d.config.Effective != nil || d.config.Reloads != nil {
		all["/config"] = d.configuration
	}
	return all
}

// problem is why there is no page.
type problem struct {
	status int
	text   string
}
