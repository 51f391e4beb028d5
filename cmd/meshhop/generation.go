package main

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

// generation is a configuration brought to life, but for the sockets: these
// outlive it.
type generation struct {
	mesh  *config.Mesh
	pages *admin.Admin
	doors []door // of the routers, in the order of the file, and of the admin server
}

// door is an address to listen at and who answers there.
type door struct {
	what    string // "router outgoing"
	addr    string // as configured
	at      config.Position
	handler http.Handler
	head    int // serve.Config.MaxHeadBytes
	session config.Session
	running *running
}

// running is the server at a door, once there is one.
type running struct{ atomic.Pointer[serve.Server] }

// stats are those of the server.
func (r *running) stats() serve.Stats {
	if s := r.Load(); s != nil {
		return s.Stats()
	}
	return serve.Stats{}
}

// adminConnections is how many connections the admin server takes.
const adminConnections = 256

// newGeneration builds the file.
func (h *hop) newGeneration(file *config.File) (*generation, error) {
	mesh, err := file.Build(h.options)
	if err != nil {
		return nil, err
	}
	g := &generation{mesh: mesh}
	for _, s := range mesh.Servers {
		g.doors = append(g.doors, door{"router " + s.Router, s.Addr, s.Position, s.Handler, s.MaxHeadBytes, s.Session, new(running)})
	}
	own := new(running)
	pages, err := h.pages(file, mesh, g.doors, own)
	if err != nil {
		g.discard()
		return nil, err
	}
	g.pages = pages
	g.doors = append(g.doors, door{what: "admin", addr: mesh.Admin.Addr, at: mesh.Admin.Position, handler: pages,
		session: config.Session{MaxConnections: adminConnections}, running: own})
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
func (h *hop) pages(file *config.File, mesh *config.Mesh, doors []door, own *running) (*admin.Admin, error) {
	c := admin.Config{
		Routers:       mesh.Routers,
		Namers:        mesh.Namers,
		States:        make(map[string]admin.Stateful),
		Effective:     file.JSON,
		ShutdownGrace: mesh.Admin.ShutdownGrace,
		Shutdown:      h.shutdown,
		Addr:          mesh.Admin.Addr,
		Hosts:         mesh.Admin.Hosts,
		Refusals:      h.refusals,
		History:       h.history,
		Connections:   own.stats,
		Version:       h.options.Version,
		Reload:        h.reloads.pages(),
	}
	for _, s := range mesh.States {
		c.States[s.Path] = s.Part
	}
	for i, s := range mesh.Servers {
		c.Servers = append(c.Servers, admin.Server{Handler: s.Handler, Connections: doors[i].running.stats})
	}
	for _, p := range mesh.Pipelines {
		c.Spans = append(c.Spans, admin.Spans{Name: p.Target, Stats: p})
	}
	for _, k := range mesh.Kubernetes {
		c.Kubernetes = append(c.Kubernetes, admin.Kubernetes{Name: k.Server, Stats: k.Stats})
	}
	for _, p := range mesh.Prometheus {
		c.Prometheus = append(c.Prometheus, admin.Prometheus{Path: p.Path, Prefix: p.Prefix})
	}
	return admin.New(c)
}

// shutdown is POST /admin/shutdown: the grace that it gives counts once.
func (h *hop) shutdown(grace time.Duration) {
	select {
	case h.stop <- grace:
	default:
	}
}

func (d door) server(o config.BuildOptions) *serve.Server {
	c := serve.Config{MaxHeadBytes: d.head, SoleListeners: true, ErrorLog: o.ErrorLog}
	d.session.Set(&c)
	s := serve.New(d.handler, c)
	d.running.Store(s)
	return s
}

// sameAs says whether a socket for one door serves for the other.
func (d door) sameAs(other door) bool {
	_, port, _ := net.SplitHostPort(d.addr)
	return d.addr == other.addr && (port != "0" || d.what == other.what)
}
