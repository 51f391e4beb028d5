package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// Config says what an [Admin] shows and may do. All fields may be zero.
type Config struct {
	// Routers are shown by /delegator.json and in metrics. No two have the
	// same label.
	Routers []*router.Router

	// Namers are those that the routers look names up in, in the same order.
	// Those that are an [Enumerator] are in /bound-names.json, and those that
	// are [Stateful] have a page /namer_state/<prefix>.json. An Admin asks
	// them for each request.
	Namers []resolve.Mount

	// States are further pages that show what a part knows, such as
	// "/http/interpreter_state/io.l5d.k8s.configmap.json", each by its path.
	States map[string]Stateful

	// Servers are shown in metrics.
	Servers []Server

	// Spans are the ways that spans take out of the process, shown in
	// metrics.
	Spans []Spans

	// Kubernetes are the API servers that are watched, shown in metrics.
	Kubernetes []Kubernetes

	// Effective gives the configuration in effect, as JSON. It is called for
	// each request for /config.json. Nil: there is no such page.
	Effective func() []byte

	// Shutdown ends the process; requests in flight may take until the grace
	// is over. It is called at most once, in a goroutine of its own, after
	// the answer to /admin/shutdown has been sent, and may wait for the
	// server that serves the Admin. Nil: there is no such page.
	Shutdown func(grace time.Duration)

	// ShutdownGrace is the grace where the request names none. Default 10 s,
	// as in Linkerd (Main.scala).
	ShutdownGrace time.Duration

	// Reload tells what became of the configuration's file. It is called for
	// each request for /admin/reload and each scrape. Nil: there is no such
	// page and no such metrics.
	Reload func() Reloads

	// Addr is where the server listens that serves the Admin, "ip:port". On a
	// loopback address it answers only requests whose Host is an IP address,
	// localhost or one of Hosts; elsewhere it answers reads for every Host, and
	// only POST and other writes are held to that. Default: the address at
	// which each connection arrived counts.
	Addr string

	// Hosts are names by which people call the admin server, without a port,
	// such as "admin.example" (admin.hosts). Default: none.
	Hosts []string

	// Connections tells of the connections to the server that serves the Admin,
	// as that of a [Server] does.
	Connections func() serve.Stats

	// History has counters go on from those of the Admins before, which had the
	// same History; see [Admin.Retire]. Default: counters begin at zero.
	History *History

	// Refusals counts the requests that were refused because of their sender. A
	// program that makes one Admin after another gives all of them the same.
	// Default: one of the Admin's own.
	Refusals *Refusals

	// Version is the program's own. Default "unknown".
	Version string

	// Prometheus are further pages of metrics, beside /metrics.
	Prometheus []Prometheus
}

// A Server is a handler and where it listens.
type Server struct {
	// Name tells the servers of a router apart; a name that is taken gets a
	// number. Default: the handler's ServiceName, such as "127.0.0.1/4140".
	Name    string
	Handler *proxy.Handler
	// Connections tells of the connections to it, as a [serve.Server]'s Stats
	// does. It is called at each scrape. Nil: there are no such metrics.
	Connections func() serve.Stats
}

// Spans is one way that spans take out of the process.
type Spans struct {
	// Name such as "http://127.0.0.1:9411/api/v2/spans"; one that is taken
	// gets a number.
	Name  string
	Stats SpanStats
}

// SpanStats counts spans, as a [trace.Pipeline] and a zipkin.Sink do.
type SpanStats interface {
	Stats() trace.PipelineStats
}

// Kubernetes is an API server that names are looked up at.
type Kubernetes struct {
	// Name is of the server, such as "localhost:8001"; one that is taken gets a
	// number.
	Name string
	// Stats tells of its watches, as a k8s.Client does. It is called at each
	// scrape.
	Stats func() []resolve.WatchStats
}

// Prometheus is a page of metrics (telemeter io.l5d.prometheus).
type Prometheus struct {
	// Path is where the page is. Default /admin/metrics/prometheus.
	Path string
	// Prefix stands before each metric's name. What cannot be part of a name
	// becomes "_", as in Linkerd. Default: nothing.
	Prefix string
}

const (
	defaultShutdownGrace  = 10 * time.Second
	defaultPrometheusPath = "/admin/metrics/prometheus"
)

// A ConfigError says which field of a configuration cannot be used, and why.
type ConfigError struct {
	Field  string // "Servers[1]"
	Reason string
}

func (e *ConfigError) Error() string { return "admin: Config." + e.Field + " " + e.Reason }

func (c Config) withDefaults() (Config, error) {
	if c.ShutdownGrace < 0 {
		return c, &ConfigError{"ShutdownGrace", "is negative"}
	}
	if c.ShutdownGrace == 0 {
		c.ShutdownGrace = defaultShutdownGrace
	}
	if c.History == nil {
		c.History = new(History)
	}
	if c.Refusals == nil {
		c.Refusals = new(Refusals)
	}
	if c.Version == "" {
		c.Version = "unknown"
	}
	if !utf8.ValidString(c.Version) {
		return c, &ConfigError{"Version", "is not UTF-8 text"}
	}
	if err := c.checkRouters(); err != nil {
		return c, err
	}
	if err := checkNamers(c.Namers); err != nil {
		return c, err
	}
	var err error
	if c.Servers, err = namedServers(c.Servers); err != nil {
		return c, err
	}
	if c.Spans, err = namedSpans(c.Spans); err != nil {
		return c, err
	}
	if c.Kubernetes, err = namedKubernetes(c.Kubernetes); err != nil {
		return c, err
	}
	c.Prometheus, err = withPaths(c.Prometheus)
	return c, err
}

func (c Config) checkRouters() error {
	taken := names{}
	for i, r := range c.Routers {
		field := fmt.Sprintf("Routers[%d]", i)
		if r == nil {
			return &ConfigError{field, "is nil"}
		}
		label, err := taken.free(field, "", r.Label())
		if err != nil {
			return err
		}
		if label != r.Label() {
			return &ConfigError{field, fmt.Sprintf("has a label that is taken: %q", r.Label())}
		}
	}
	return nil
}

func namedServers(servers []Server) ([]Server, error) {
	servers = slices.Clone(servers)
	taken := names{}
	for i := range servers {
		s, field := &servers[i], fmt.Sprintf("Servers[%d]", i)
		if s.Handler == nil {
			return nil, &ConfigError{field, "has no Handler"}
		}
		if s.Name == "" {
			s.Name = s.Handler.ServiceName()
		}
		var err error
		if s.Name, err = taken.free(field, s.Handler.Router().Label(), s.Name); err != nil {
			return nil, err
		}
	}
	return servers, nil
}

func namedSpans(spans []Spans) ([]Spans, error) {
	spans = slices.Clone(spans)
	taken := names{}
	for i := range spans {
		s, field := &spans[i], fmt.Sprintf("Spans[%d]", i)
		if s.Stats == nil {
			return nil, &ConfigError{field, "has no Stats"}
		}
		var err error
		if s.Name, err = taken.free(field, "", s.Name); err != nil {
			return nil, err
		}
	}
	return spans, nil
}

func namedKubernetes(servers []Kubernetes) ([]Kubernetes, error) {
	servers = slices.Clone(servers)
	taken := names{}
	for i := range servers {
		s, field := &servers[i], fmt.Sprintf("Kubernetes[%d]", i)
		if s.Stats == nil {
			return nil, &ConfigError{field, "has no Stats"}
		}
		var err error
		if s.Name, err = taken.free(field, "", s.Name); err != nil {
			return nil, err
		}
	}
	return servers, nil
}

func withPaths(pages []Prometheus) ([]Prometheus, error) {
	pages = slices.Clone(pages)
	for i := range pages {
		p := &pages[i]
		if p.Path == "" {
			p.Path = defaultPrometheusPath
		}
		if !strings.HasPrefix(p.Path, "/") {
			return nil, &ConfigError{fmt.Sprintf("Prometheus[%d]", i), fmt.Sprintf("has a path that does not begin with /: %q", p.Path)}
		}
	}
	return pages, nil
}
