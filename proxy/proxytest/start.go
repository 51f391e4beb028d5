package proxytest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// Start runs a configuration, in YAML or JSON, until the test ends; requests in flight
// are aborted then. Servers listen on loopback addresses only: on 127.0.0.1 if another
// is configured. A server with port 0 gets a free port, and so does the admin server in
// any case. An invalid configuration ends the test, with all of its errors.
func Start(t testing.TB, yaml string) *Mesh {
	t.Helper()
	return Options{}.Start(t, yaml)
}

// Start is the function [Start] with options.
func (o Options) Start(t testing.TB, yaml string) *Mesh {
	t.Helper()
	if reflect.ValueOf(o.Kinds).IsZero() {
		o.Kinds = config.Builtin()
	}
	if o.Build.SpanFlushEvery == 0 {
		o.Build.SpanFlushEvery = 5 * time.Millisecond
	}
	if o.Build.Listeners == nil {
		o.Build.Listeners = new(router.Listeners)
	}
	m := &Mesh{Spans: new(tracetest.Recorder), t: t, urls: map[string][]string{}}
	file, asWritten := m.load(yaml, &o)
	var err error
	if m.Config, err = file.Build(o.Build); err != nil {
		t.Fatalf("proxytest:\n%v", err)
	}
	t.Cleanup(m.close)

	sockets := make([]net.Listener, len(m.Config.Servers))
	for i, s := range m.Config.Servers {
		sockets[i] = o.socket(t, s.Addr)
		url := urlOf(sockets[i])
		if s.Config.TLS != nil {
			url = "https" + strings.TrimPrefix(url, "http")
		}
		m.urls[s.Router] = append(m.urls[s.Router], url)
	}
	for i := range o.On {
		if !o.On[i].taken {
			t.Fatalf("proxytest: no server is configured for port %d", o.On[i].Port)
		}
	}
	pages := m.admin(asWritten, o.Build.Version)
	adminSocket := listen(t, "127.0.0.1:0")
	m.AdminURL = urlOf(adminSocket)
	for _, socket := range append(slices.Clone(sockets), adminSocket) {
		t.Cleanup(o.Build.Listeners.Add(socket.Addr()))
	}

	for i, s := range m.Config.Servers {
		serveAt(t, sockets[i], s.Front, serverConfig(s, o))
	}
	serveAt(t, adminSocket, pages, serve.Config{ErrorLog: o.Build.ErrorLog})
	return m
}

// load reads the configuration twice: as it stands, for errors and notices with the
// test's own line numbers, and with the recorder.
func (m *Mesh) load(yaml string, o *Options) (file, asWritten *config.File) {
	m.t.Helper()
	asWritten, err := config.Load("yaml", []byte(yaml), o.Kinds)
	if err != nil {
		m.t.Fatalf("proxytest:\n%v", err)
	}
	m.Notices = asWritten.Notices
	text, err := addRecorder(asWritten.JSON())
	if err != nil {
		m.t.Fatal(err)
	}
	file, err = config.Load("yaml with a recorder", text, withRecorder(o.Kinds, m.Spans))
	if err != nil {
		m.t.Fatalf("proxytest:\n%v", err)
	}
	return file, asWritten
}

// socket returns the socket for a server: one of the test's, or a new one.
func (o *Options) socket(t testing.TB, addr string) net.Listener {
	t.Helper()
	configured, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatalf("proxytest: %v", err)
	}
	for _, l := range o.On {
		if l.Port == int(configured.Port()) && !l.taken {
			l.taken = true
			return l.socket
		}
	}
	ip := configured.Addr()
	if !ip.IsLoopback() {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return listen(t, netip.AddrPortFrom(ip, configured.Port()).String())
}

// serveAt serves until the test ends.
func serveAt(t testing.TB, l net.Listener, handler http.Handler, c serve.Config) {
	server := serve.New(handler, c)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = server.Shutdown(now) // an error means that requests were aborted, as they should be
		if err := <-served; err != nil {
			t.Errorf("proxytest: serving at %s: %v", l.Addr(), err)
		}
	})
}

func (m *Mesh) admin(asWritten *config.File, version string) *admin.Admin {
	m.t.Helper()
	c := admin.Config{
		Routers: m.Config.Routers, Namers: m.Config.Namers, Spans: m.Config.Spans, Sampling: m.Config.Sampling, Kubernetes: m.Config.Kubernetes,
		Originators: m.Config.Originators, Prometheus: m.Config.Prometheus, Effective: asWritten.JSON, Version: version,
	}
	for _, s := range m.Config.Servers {
		c.Servers = append(c.Servers, admin.Server{Handler: s.Handler, DryRuns: s.DryRuns})
	}
	a, err := admin.New(c)
	if err != nil {
		m.t.Fatalf("proxytest: %v", err)
	}
	m.t.Cleanup(func() { a.Retire(nil) })
	return a
}

// close closes what Build made. A test does not wait for spans that a collector does not
// take at once.
func (m *Mesh) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := m.Config.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		m.t.Errorf("proxytest: closing: %v", err)
	}
}

func urlOf(l net.Listener) string { return "http://" + l.Addr().String() }

func serverConfig(s config.Server, o Options) serve.Config {
	c := s.Config
	c.ErrorLog = o.Build.ErrorLog
	return c
}
