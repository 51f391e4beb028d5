package proxytest

import (
	"net"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// An Option changes what [Start] does.
type Option func(*options)

type options struct {
	kinds     config.Kinds
	build     config.BuildOptions
	listeners []*Listener
}

// Kinds sets the kinds that the YAML may name. Default: [config.Builtin].
func Kinds(kinds config.Kinds) Option { return func(o *options) { o.kinds = kinds } }

// Build sets the options with which the parts are built. If its SpanFlushEvery is zero,
// spans arrive within milliseconds.
func Build(build config.BuildOptions) Option { return func(o *options) { o.build = build } }

// On makes servers listen on sockets that were opened before, each for the server that
// is configured with its port.
func On(listeners ...*Listener) Option {
	return func(o *options) { o.listeners = append(o.listeners, listeners...) }
}

// A Listener is a socket whose port is known before the YAML is written, for servers
// that send to each other.
type Listener struct {
	// Port on 127.0.0.1.
	Port int

	socket net.Listener
	taken  bool
}

// Listen opens a socket on a free port of 127.0.0.1. It is closed when the test ends.
func Listen(t testing.TB) *Listener {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	return &Listener{Port: l.Addr().(*net.TCPAddr).Port, socket: l}
}

func listen(t testing.TB, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("proxytest: %v", err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
