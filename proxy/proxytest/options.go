package proxytest

import (
	"net"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// Options start a configuration otherwise than [Start] does. The zero value is Start.
type Options struct {
	// Kinds are what the YAML may name. Default: [config.Builtin].
	Kinds config.Kinds
	// Build has the options with which the parts are built. If its SpanFlushEvery is
	// zero, spans arrive within milliseconds.
	Build config.BuildOptions
	// On are sockets that were opened before, each for the server that is configured
	// with its port. Other servers have sockets of their own.
	On []*Listener
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
