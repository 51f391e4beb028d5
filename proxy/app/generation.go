package app

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
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
}

// runningServer is the server of a listener, once there is one.
type runningServer struct{ atomic.Pointer[serve.Server] }

// stats are those of the server.
func (r *runningServer) stats() serve.Stats {
	if s := r.Load(); s != nil {
		return s.Stats()
	}
	return serve.Stats{}
}

// adminServer is what the admin server is called.
const adminServer = "admin"

// adminConnections is how many connections the admin server takes.
const adminConnections = 256

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
		g.specs = append(g.specs, listenerSpec{"router " + s.Router, s.Addr, s.Position, s.Front, s.Config, new(runningServer)})
	}
	own := new(runningServer)
	pages, err := i.pages(file, mesh, g.specs, own)
	if err != nil {
		g.discard()
		return nil, err
	}
	g.pages = pages
	g.specs = append(g.specs, listenerSpec{what: adminServer, addr: mesh.Admin.Addr, at: mesh.Admin.Position, handler: pages,
		config: serve.Config{MaxConnections: adminConnections}, running: own})
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
		AccessLogs:    mesh.AccessLogs,
		LogLevel:      i.reloads.level(),
		States:        mesh.States,
		Effective:     file.JSON,
		ShutdownGrace: mesh.Admin.ShutdownGrace,
		Shutdown:      i.shutdown,
		Addr:          mesh.Admin.Addr,
		Hosts:         mesh.Admin.Hosts,
		Security:      admin.Security(mesh.Admin.Security),
		Ending:        i.ending,
		Connections:   own.stats,
		Version:       i.options.Version,
		Reload:        i.reloads.pages(),
	}
	if i.current != nil {
		c.Before = i.current.pages
	}
	for n, s := range mesh.Servers {
		c.Servers = append(c.Servers, admin.Server{Handler: s.Handler, Connections: specs[n].running.stats})
	}
	return admin.New(c)
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
	s := serve.New(l.handler, c)
	l.running.Store(s)
	return s
}

// sameAs reports whether a socket for one of the two serves the other as well.
func (l listenerSpec) sameAs(other listenerSpec) bool {
	_, port, _ := net.SplitHostPort(l.addr)
	return l.addr == other.addr && (port != "0" || l.what == other.what)
}
