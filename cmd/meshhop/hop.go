package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
)

// hop is a configuration brought to life: the mesh, a server for each of its
// addresses, and the admin server.
type hop struct {
	mesh    *config.Mesh
	servers servers
	log     *slog.Logger
	stop    chan time.Duration // the grace that POST /admin/shutdown gives, once
}

// listenFunc is net.Listen, or hands out a listener that was made before.
type listenFunc func(network, addr string) (net.Listener, error)

// newHop builds the file and listens; it prints what listens where.
func newHop(file *config.File, listen listenFunc, options config.BuildOptions, out io.Writer) (*hop, error) {
	mesh, err := file.Build(options)
	if err != nil {
		return nil, err
	}
	h := &hop{mesh: mesh, servers: servers{grace: mesh.Admin.ShutdownGrace}, log: options.ErrorLog, stop: make(chan time.Duration, 1)}
	if err := h.listen(file, listen, options, out); err != nil {
		h.servers.closeListeners()
		return nil, errors.Join(err, mesh.Close(context.Background()))
	}
	return h, nil
}

// listen takes the addresses of the routers and of the admin server.
func (h *hop) listen(file *config.File, listen listenFunc, options config.BuildOptions, out io.Writer) error {
	for _, s := range h.mesh.Servers {
		l, err := listen("tcp", s.Addr)
		if err != nil {
			return fmt.Errorf("router %s: %w", s.Router, err)
		}
		h.servers.add(proxy.NewServer(s.Handler, proxy.ServerConfig{MaxHeadBytes: s.MaxHeadBytes, ErrorLog: options.ErrorLog}), l)
		fmt.Fprintf(out, "%-22s http://%s\n", "router "+s.Router, l.Addr())
	}
	pages, err := h.admin(file, options.Version)
	if err != nil {
		return err
	}
	l, err := listen("tcp", h.mesh.Admin.Addr)
	if err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	h.servers.add(proxy.NewServer(pages, proxy.ServerConfig{ErrorLog: options.ErrorLog}), l)
	fmt.Fprintf(out, "%-22s http://%s\n", "admin", l.Addr())
	return nil
}

func (h *hop) admin(file *config.File, version string) (*admin.Admin, error) {
	c := admin.Config{
		Routers:       h.mesh.Routers,
		Namers:        h.mesh.Namers,
		Effective:     file.JSON,
		ShutdownGrace: h.mesh.Admin.ShutdownGrace,
		Shutdown:      func(grace time.Duration) { h.stop <- grace }, // called once at most
		Version:       version,
	}
	for _, s := range h.mesh.Servers {
		c.Servers = append(c.Servers, admin.Server{Handler: s.Handler})
	}
	for _, p := range h.mesh.Pipelines {
		c.Spans = append(c.Spans, admin.Spans{Name: p.Target, Stats: p})
	}
	for _, p := range h.mesh.Prometheus {
		c.Prometheus = append(c.Prometheus, admin.Prometheus{Path: p.Path, Prefix: p.Prefix})
	}
	return admin.New(c)
}

// run serves until ctx ends or the admin server is told to shut down, drains,
// and closes the mesh. Spans that are queued then have the grace to be sent,
// and a second at least; that some could not be is logged and no failure of
// the program.
func (h *hop) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- h.servers.run(ctx) }()
	select {
	case grace := <-h.stop:
		h.servers.grace = grace // not read before ctx ends
		cancel()
	case <-ctx.Done():
	case err := <-ended:
		ended <- err // a server failed
	}
	err := <-ended
	flush, stop := context.WithTimeout(context.Background(), max(h.servers.grace, time.Second))
	defer stop()
	if lost := h.mesh.Close(flush); lost != nil {
		h.log.Warn("closing", slog.Any("error", lost))
	}
	return err
}

// quiet waits until no request is in flight, for at most limit: while one is,
// it may need this hop again, for the next call of the chain.
func (h *hop) quiet(limit time.Duration) {
	deadline := time.Now().Add(limit)
	for h.pending() > 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
}

func (h *hop) pending() (n int64) {
	for _, s := range h.mesh.Servers {
		n += s.Handler.Stats().Pending
	}
	return n
}

// notices prints what whoever wrote the file should know.
func notices(file *config.File, to io.Writer) {
	for _, n := range file.Notices {
		fmt.Fprintln(to, n)
	}
}

func logger(to io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }
