package config

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/accesslog"
	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// A Mesh is the running parts of a file. It listens nowhere: the program serves each
// of Servers and the admin server, and closes the mesh after they have drained.
// Package proxy/app does all that. The fields must not be changed.
type Mesh struct {
	Routers []*router.Router // in the order of the file
	Servers []Server
	Namers  []resolve.Mount

	// Admin is what the file says about the admin server.
	Admin struct {
		// Addr is where it listens, "ip:port"; port 0 means any free one.
		Addr string
		// Position is that of Addr in the file, or the file as a whole.
		Position Position
		// IdentifierAddr is where the second listener is, which tells how a request is
		// identified, "ip:port"; empty: there is none. IdentifierPosition is its place.
		IdentifierAddr     string
		IdentifierPosition Position
		// Socket has the options of both listeners' sockets.
		Socket serve.SocketOptions
		// ShutdownGrace is how long the process may take to finish; 0: no time.
		ShutdownGrace time.Duration
		// Hosts are the names by which people call it.
		Hosts []string
		// TLS is for both listeners; nil: none.
		TLS *tls.Config
		// Security says which pages it has; it can be converted to admin.Security.
		Security adminSecurity
		// Requests says which requests the page /requests shows. Without a telemeter
		// that says it, it has all, and Rows is 0.
		Requests recentRequests
	}

	// The fields below are what the fields of admin.Config with the same names take.

	// Spans are the statistics of the telemeters that take spans, by where the spans
	// go, such as "http://zipkin:9411/api/v2/spans".
	Spans map[string]func() trace.PipelineStats
	// Sampling is the statistics of which spans are recorded; nil: there is no telemeter that
	// takes any.
	Sampling func() trace.ProviderStats
	// Kubernetes are the statistics of the API servers that parts of the mesh watch,
	// by their addresses, such as "localhost:8001".
	Kubernetes map[string]func() []resolve.WatchStats
	// Prometheus are the pages of metrics: the prefix of the metrics' names, by the
	// page's path.
	Prometheus map[string]string
	// InfluxDB asks for the page of metrics for InfluxDB.
	InfluxDB bool
	// Statsd are sent the metrics. Each becomes an admin.Statsd.
	Statsd []Statsd
	// States are the pages of the parts, beside Namers, that have a state to show, by
	// their paths, such as "/http/interpreter_state/io.l5d.k8s.configmap.json". Each
	// returns a value for package encoding/json.
	States map[string]func() any
	// Originators are the labels of the routers with originator: true. It is what
	// admin.Config has under that name.
	Originators []string
	// AccessLogs count the lines of access logs that were written, and those that were
	// dropped, by the names of the files.
	AccessLogs map[string]func() (written, dropped uint64)

	// Certificates are the states of the certificates in files; nil: there are none.
	Certificates func() []certs.State

	certificates *certs.Store // nil: there are none

	logFiles *accesslog.Files // nil: there is no access log; shared with the meshes before
	logs     []*accesslog.Log
	sinks    []SpanSink
	parts    []io.Closer
	closing  sync.Once
	closed   error
}

// A Server is an address to listen on and the handler for its requests.
type Server struct {
	// Router is the router's label.
	Router string
	// Addr is "ip:port" as configured; port 0 means any free one.
	Addr string
	// Position is that of Addr in the file.
	Position Position
	// Handler handles the requests.
	Handler *proxy.Handler
	// Front is what the server serves: Handler, or with dryRun one before it that makes
	// dry runs.
	Front http.Handler
	// DryRuns counts the dry runs that were answered and refused. Nil: there are none.
	DryRuns func() (answered, refused uint64)
	// Config is for the server that has the handler: the limits that the file sets,
	// and a MaxHeadBytes that leaves the handler room to refuse a long head in
	// Linkerd's words.
	Config serve.Config
}

// A SpanSink takes spans and delivers them, as [trace.Pipeline] and zipkin.Sink do.
type SpanSink interface {
	trace.Sink
	Stats() trace.PipelineStats
	// Close delivers the spans that it has, until ctx is done, and takes no more. It
	// waits for the goroutines that it started.
	Close(ctx context.Context) error
}

// Close closes the routers, then the namers and the other parts. Then it sends the queued
// spans and writes the queued lines of access logs until ctx is done, and drops the rest. When it returns nil, no goroutine of the
// mesh is left. It may be called more than once.
func (m *Mesh) Close(ctx context.Context) error {
	m.closing.Do(func() {
		var all []error
		for _, r := range m.Routers {
			all = append(all, r.Close())
		}
		for i := len(m.parts) - 1; i >= 0; i-- {
			all = append(all, m.parts[i].Close())
		}
		m.closed = errors.Join(append(all, m.closeSinks(ctx))...)
	})
	return m.closed
}

// closeSinks closes all sinks and access logs at the same time.
func (m *Mesh) closeSinks(ctx context.Context) error {
	var closers []interface{ Close(context.Context) error }
	for _, s := range m.sinks {
		closers = append(closers, s)
	}
	for _, l := range m.logs {
		closers = append(closers, l)
	}
	failures := make([]error, len(closers))
	var wait sync.WaitGroup
	for i, c := range closers {
		wait.Go(func() { failures[i] = c.Close(ctx) })
	}
	wait.Wait()
	return errors.Join(failures...)
}

// addState gives a part a page, if it has a state to show. Of two parts with the same
// page the first one has it.
func (m *Mesh) addState(path string, part any) {
	if s, ok := part.(interface{ State() any }); ok && m.States[path] == nil {
		m.States[path] = s.State
	}
}

// setUnique sets a key of the map, with a number if it is taken: two telemeters may
// send their spans to the same place.
func setUnique[T any](all map[string]T, key string, value T) {
	free := key
	for i := 2; ; i++ {
		if _, taken := all[free]; !taken {
			all[free] = value
			return
		}
		free = key + "#" + strconv.Itoa(i)
	}
}

// own has the mesh close a part, if the part can be closed.
func (m *Mesh) own(part any) {
	if closer, ok := part.(io.Closer); ok {
		m.parts = append(m.parts, closer)
	}
}
