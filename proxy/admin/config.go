package admin

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// Config says what an [Admin] shows and may do. All fields may be zero; a page or metric
// for which the field is zero does not exist.
type Config struct {
	// Routers are shown by /delegator.json and in metrics. No two have the
	// same label.
	Routers []*router.Router

	// Namers are those that the routers look names up in, in the same order. An
	// Admin calls two methods of those that have them, for each request, each time
	// anew. Names() ([]resolve.Path, error) returns the names that the namer has,
	// relative to its prefix, and a bounded number of them; they are listed in
	// /bound-names.json. State() any returns what the namer knows, as a value for
	// package encoding/json; it is the page /namer_state/<prefix>.json.
	Namers []resolve.Mount

	// States are further pages that show the state of a part, by their paths, such
	// as "/http/interpreter_state/io.l5d.k8s.configmap.json". They are called for
	// each request, and return a value for package encoding/json.
	States map[string]func() any

	// Servers are shown in metrics.
	Servers []Server

	// Originators are the labels of those Routers at which requests begin: the gauge
	// rt:originator is 1 for them. Others have none, as in Linkerd.
	Originators []string

	// Spans count what becomes of spans, for metrics, by where the spans go, such as
	// "http://127.0.0.1:9411/api/v2/spans". They are the methods Stats of a
	// trace.Pipeline or a zipkin.Sink, and are called at each scrape.
	Spans map[string]func() trace.PipelineStats

	// Sampling counts which spans are recorded, for metrics. It is the method Stats of a
	// trace.Provider, and is called at each scrape.
	Sampling func() trace.ProviderStats

	// Kubernetes count what is watched at the API servers of Kubernetes, for
	// metrics, by the addresses of these, such as "localhost:8001". They are the
	// methods Stats of a k8s.Client, and are called at each scrape.
	Kubernetes map[string]func() []resolve.WatchStats

	// AccessLogs count the lines of access logs that were written, and those that were
	// dropped, for metrics, by the names of the files. They are called at each scrape.
	AccessLogs map[string]func() (written, dropped uint64)

	// Certificates are the states of certificates in files, for /metrics and
	// /admin/reload. It is what config.Mesh.Certificates is. Default: there are none.
	Certificates func() []certs.State

	// LogLevel is the level of the process's log, for the pages /logging and
	// /logging.json, which show and change it.
	LogLevel *slog.LevelVar

	// Tracing turns the recording of spans on and off, for the page /admin/tracing. It is
	// what trace.ProviderConfig has as Recording.
	Tracing *trace.Switch

	// Effective returns the configuration in effect, as JSON. It is called for each
	// request for /config.json.
	Effective func() []byte

	// Lint returns what is wrong with the configuration in effect although it is used as
	// it is, for the pages /names, /admin/lint and /admin/lint.json. It is called for each
	// request for those pages or /. Findings without a Kind are only on the latter two.
	Lint func() []Finding

	// Docs is the page /docs, such as the description of all keys of a configuration.
	Docs http.Handler

	// Shutdown ends the process; requests in flight have until the grace is over. It is
	// called at most once, in a goroutine of its own, after the response to
	// /admin/shutdown was sent, and may wait for the server that has the Admin.
	Shutdown func(grace time.Duration)

	// ShutdownGrace is the grace if the request names none. Default 10 s, as in Linkerd
	// (Main.scala).
	ShutdownGrace time.Duration

	// Reload returns the results of reading the configuration file. It is called for
	// each request for /admin/reload and at each scrape.
	Reload func() Reloads

	// Addr is the address on which the server that has the Admin listens, "ip:port". On
	// a loopback address it serves only requests whose Host is an IP address, localhost
	// or one of Hosts. Elsewhere it serves GET, HEAD and OPTIONS for every Host, and
	// only other methods need such a Host. Default: the local address of each
	// connection.
	Addr string

	// Hosts are names by which people call the admin server, without a port,
	// such as "admin.example" (admin.hosts). Default: none.
	Hosts []string

	// Security hides pages. Default: none is hidden.
	Security Security

	// Ending is closed when the process begins to drain: from then on /admin/ready says
	// 503, and pages that take long, such as a profile, end. Default: it is never closed.
	Ending <-chan struct{}

	// Connections counts the connections to the server that has the Admin; see
	// [Server].
	Connections func() serve.Stats

	// Before is the Admin whose place this one takes, as after a reload: counters go
	// on from those that it and the Admins before it had; see [Admin.Retire]. A
	// series is known by its metric and its labels, and one that the new Admin does
	// not have is not shown. Default: counters begin at zero.
	Before *Admin

	// Requests says which requests the page /requests shows. Default: the last ones.
	Requests RecentRequests

	// InfluxDB adds the page /admin/metrics/influxdb, which Telegraf reads (telemeter
	// io.l5d.influxdb).
	InfluxDB bool

	// Statsd are sent the metrics.
	Statsd []Statsd

	// ErrorLog gets the errors of background work. Default: they are not logged.
	ErrorLog *slog.Logger

	// Version is the program's version, for metrics. Default "unknown".
	Version string

	// Prometheus are further pages of metrics beside /metrics, by their paths, such as
	// /admin/metrics/prometheus (telemeter io.l5d.prometheus). The value stands before
	// each metric's name there; what cannot be part of a name becomes "_", as in
	// Linkerd.
	Prometheus map[string]string
}

// RecentRequests say which requests the page /requests shows (telemeter
// io.l5d.recentRequests). It always shows those that failed.
type RecentRequests struct {
	// Sampler chooses among the requests that did not fail, by their traces. Default: all
	// are shown.
	Sampler *trace.Sampler
	// Rows is how many requests one page shows. Default 100.
	Rows int
}

// A Server is a handler of requests to be routed, and the server that has it.
type Server struct {
	// Name distinguishes the servers of a router; a name that is taken gets a number.
	// Default: the handler's ServiceName, such as "127.0.0.1/4140".
	Name    string
	Handler *proxy.Handler
	// Connections counts the connections to the server, as the method Stats of a
	// [serve.Server] does. It is called at each scrape. If it is nil, there are no such
	// metrics.
	Connections func() serve.Stats
	// Addr is where it listens, for the commands that the page of a request shows. It is
	// called for each such page. Nil, or invalid: as ServiceName says.
	Addr func() netip.AddrPort
	// Traffic is the method Traffic of a [serve.Server]: what went over those connections.
	// It is called at each scrape. If it is nil, there are no such metrics.
	Traffic func() tally.ServerTotals
	// DryRuns counts the dry runs that a dryrun.Handler before the Handler has answered, and
	// those that it has refused because there were too many at once. It is called at each
	// scrape. If it is nil, there are no such metrics.
	DryRuns func() (answered, refused uint64)
}

const defaultShutdownGrace = 10 * time.Second

// configError says which field of a Config is invalid, such as "Servers[1]", and why.
func configError(field, reason string) error {
	return errors.New("admin: Config." + field + " " + reason)
}

func (c Config) withDefaults() (Config, error) {
	if c.ShutdownGrace < 0 {
		return c, configError("ShutdownGrace", "is negative")
	}
	if c.ShutdownGrace == 0 {
		c.ShutdownGrace = defaultShutdownGrace
	}
	if c.Version == "" {
		c.Version = "unknown"
	}
	if !utf8.ValidString(c.Version) {
		return c, configError("Version", "is not UTF-8 text")
	}
	if err := c.checkRouters(); err != nil {
		return c, err
	}
	if err := checkNamers(c.Namers); err != nil {
		return c, err
	}
	var err error
	if c.Security, err = c.Security.compiled(); err != nil {
		return c, err
	}
	if c.Servers, err = namedServers(c.Servers); err != nil {
		return c, err
	}
	if err := checkStats("Spans", c.Spans); err != nil {
		return c, err
	}
	if err := checkStats("Kubernetes", c.Kubernetes); err != nil {
		return c, err
	}
	if err := checkStats("AccessLogs", c.AccessLogs); err != nil {
		return c, err
	}
	c.Statsd = slices.Clone(c.Statsd)
	for i := range c.Statsd {
		if err := c.Statsd[i].check(fmt.Sprintf("Statsd[%d]", i)); err != nil {
			return c, err
		}
	}
	for path := range c.Prometheus {
		if !strings.HasPrefix(path, "/") {
			return c, configError(fmt.Sprintf("Prometheus[%q]", path), "has a path that does not begin with /")
		}
	}
	return c, nil
}

func (c Config) checkRouters() error {
	taken := names{}
	for i, r := range c.Routers {
		field := fmt.Sprintf("Routers[%d]", i)
		if r == nil {
			return configError(field, "is nil")
		}
		label, err := taken.free(field, "", r.Label())
		if err != nil {
			return err
		}
		if label != r.Label() {
			return configError(field, fmt.Sprintf("has a label that is taken: %q", r.Label()))
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
			return nil, configError(field, "has no Handler")
		}
		if s.Name == "" {
			s.Name = (*hophandler.Handler)(s.Handler).ServiceName()
		}
		var err error
		if s.Name, err = taken.free(field, s.Handler.Router().Label(), s.Name); err != nil {
			return nil, err
		}
	}
	return servers, nil
}

// checkStats refuses names that cannot be a label, and nil functions.
func checkStats[F any](field string, all map[string]F) error {
	for name, stats := range all {
		field := fmt.Sprintf("%s[%q]", field, name)
		if !utf8.ValidString(name) {
			return configError(field, "has a name that is not UTF-8 text")
		}
		if reflect.ValueOf(stats).IsNil() {
			return configError(field, "is nil")
		}
	}
	return nil
}
