package app

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	counts "github.com/meshhop/meshhop/internal/traffic/tally" // the package has a type tally
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/trace"
)

// generation is the running parts of one configuration, without the sockets, which
// outlive it.
type generation struct {
	mesh  *config.Mesh
	pages *admin.Admin
	specs []listenerSpec // of the routers, in the order of the file, and of the admin server
}

// listenerSpec is an address to listen at and the handler of its requests.
type listenerSpec struct {
	what    string // "router outgoing"
	addr    string // as configured
	at      config.Position
	handler http.Handler
	config  serve.Config
	running *runningServer
	last    bool // at the end of the process it serves until the others have drained
}

// runningServer is the server of a listener, once there is one.
type runningServer struct{ atomic.Pointer[listening] }

// stats are those of the server.
func (r *runningServer) stats() serve.Stats {
	if l := r.Load(); l != nil {
		return l.server.Stats()
	}
	return serve.Stats{}
}

// addr is where it listens; invalid: nowhere yet.
func (r *runningServer) addr() netip.AddrPort {
	if l := r.Load(); l != nil {
		if at, ok := l.listener.Addr().(*net.TCPAddr); ok {
			return netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), at.AddrPort().Port())
		}
	}
	return netip.AddrPort{}
}

// traffic is what went over the connections of the server.
func (r *runningServer) traffic() counts.ServerTotals {
	if l := r.Load(); l != nil {
		return l.server.Traffic()
	}
	return counts.ServerTotals{}
}

// adminConnections is how many connections the admin server takes.
const adminConnections = 256

// adminServer says how the admin server treats connections.
func (i *instance) adminServer(mesh *config.Mesh) serve.Config {
	return serve.Config{Engine: i.options.Engine, MaxConnections: adminConnections, Socket: mesh.Admin.Socket, TLS: mesh.Admin.TLS}
}

// newGeneration builds the file.
func (i *instance) newGeneration(file *config.File) (*generation, error) {
	options := i.options
	if i.current != nil {
		options.Before = i.current.mesh
	}
	mesh, err := file.Build(options)
	if err != nil {
		return nil, err
	}
	g := &generation{mesh: mesh}
	for _, s := range mesh.Servers {
		g.specs = append(g.specs, listenerSpec{
			what: "router " + s.Router, addr: s.Addr, at: s.Position, handler: s.Front, config: s.Config, running: new(runningServer),
		})
	}
	own := new(runningServer)
	pages, err := i.pages(file, mesh, g.specs, own)
	if err != nil {
		g.discard()
		return nil, err
	}
	g.pages = pages
	g.specs = append(g.specs, listenerSpec{
		what: "admin", addr: mesh.Admin.Addr, at: mesh.Admin.Position, handler: pages,
		config: i.adminServer(mesh), running: own, last: true,
	})
	if mesh.Admin.IdentifierAddr != "" {
		g.specs = append(g.specs, listenerSpec{
			what: "admin, identifiers", addr: mesh.Admin.IdentifierAddr, at: mesh.Admin.IdentifierPosition, handler: pages.Identifier(),
			config: i.adminServer(mesh), running: new(runningServer),
		})
	}
	return g, nil
}

// discard ends what never served.
func (g *generation) discard() {
	now, cancel := context.WithCancel(context.Background())
	cancel() // there are no spans to wait for
	if g.pages != nil {
		defer g.pages.Retire(nil)
	}
	_ = g.mesh.Close(now)
}

// pages is the admin server's handler.
func (i *instance) pages(file *config.File, mesh *config.Mesh, specs []listenerSpec, own *runningServer) (*admin.Admin, error) {
	c := admin.Config{
		Docs:          i.docs,
		Routers:       mesh.Routers,
		Namers:        mesh.Namers,
		Spans:         mesh.Spans,
		Sampling:      mesh.Sampling,
		Kubernetes:    mesh.Kubernetes,
		Prometheus:    mesh.Prometheus,
		InfluxDB:      mesh.InfluxDB,
		ErrorLog:      i.log,
		AccessLogs:    mesh.AccessLogs,
		Originators:   mesh.Originators,
		Certificates:  mesh.Certificates,
		LogLevel:      i.level,
		Tracing:       i.options.Recording,
		Lint:          sync.OnceValue(func() []admin.Finding { return findingsOf(file) }),
		States:        mesh.States,
		Effective:     file.JSON,
		ShutdownGrace: mesh.Admin.ShutdownGrace,
		Shutdown:      i.shutdown,
		Addr:          mesh.Admin.Addr,
		Hosts:         mesh.Admin.Hosts,
		Security:      admin.Security(mesh.Admin.Security),
		Requests:      recent(mesh.Admin.Requests.SampleRate, mesh.Admin.Requests.Rows),
		Ending:        i.ending,
		Connections:   own.stats,
		Version:       i.options.Version,
		Reload:        i.reloads.pages(),
	}
	if i.current != nil {
		c.Before = i.current.pages
	}
	for n, s := range mesh.Servers {
		c.Servers = append(c.Servers, admin.Server{Handler: s.Handler, Connections: specs[n].running.stats, Traffic: specs[n].running.traffic, Addr: specs[n].running.addr, DryRuns: s.DryRuns})
	}
	for _, s := range mesh.Statsd {
		c.Statsd = append(c.Statsd, admin.Statsd{Addr: s.Addr, Prefix: s.Prefix, Interval: s.Interval})
	}
	return admin.New(c)
}

// recent says to the admin server what a file says about the page of requests.
func recent(sampleRate float64, rows int) admin.RecentRequests {
	sampler, err := trace.NewSampler(sampleRate)
	if err != nil || sampleRate == 1 { // the file has been checked
		sampler = nil
	}
	return admin.RecentRequests{Sampler: sampler, Rows: rows}
}

// shutdown is POST /admin/shutdown: the grace that it gives counts once.
func (i *instance) shutdown(grace time.Duration) {
	select {
	case i.stop <- grace:
	default:
	}
}

func (l listenerSpec) server(o config.BuildOptions) *serve.Server {
	c := l.config
	c.SoleListeners, c.ErrorLog = true, o.ErrorLog
	return serve.New(l.handler, c)
}

// sameAs reports whether a socket for one of the two serves the other as well.
func (l listenerSpec) sameAs(other listenerSpec) bool {
	_, port, _ := net.SplitHostPort(l.addr)
	return l.addr == other.addr && (port != "0" || l.what == other.what)
}
