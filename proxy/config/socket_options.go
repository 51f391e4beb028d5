package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
)

// readSocketOptions reads the options of a server's sockets.
func readSocketOptions(of *Decoder) (o serve.SocketOptions) {
	d, ok := of.Group("socketOptions")
	if !ok {
		return o
	}
	o = serve.SocketOptions{
		Delay:     !d.Bool("noDelay", true),
		ReusePort: d.Bool("reusePort", false),
		// Sockets in Go send keep-alive probes, which find a dead peer sooner; Linkerd
		// leaves them to the system.
		NoKeepAlive:  !d.Bool("keepAlive", true),
		Backlog:      d.Int("backlog", 0, 0, math.MaxInt32),
		ReadTimeout:  d.Duration("readTimeoutMs", 0, time.Millisecond),
		WriteTimeout: d.Duration("writeTimeoutMs", 0, time.Millisecond),
	}
	readReuseAddr(d)
	d.Done()
	return o
}

// readReuseAddr accepts what Go does in any case.
func readReuseAddr(d *Decoder) {
	if !d.Bool("reuseAddr", true) {
		d.Noticef("reuseAddr", "has no effect: it is always true")
	}
}

// readClientSocketOptions reads the options of the sockets to endpoints.
func readClientSocketOptions(d *Decoder) func(*router.TransportConfig) {
	delay, noKeepAlive := !d.Bool("noDelay", true), !d.Bool("keepAlive", true)
	readReuseAddr(d)
	read, write := d.Duration("readTimeoutMs", 0, time.Millisecond), d.Duration("writeTimeoutMs", 0, time.Millisecond)
	if d.Bool("reusePort", false) {
		d.Noticef("reusePort", "has no effect in a client: nothing listens")
	}
	if d.Int("backlog", 0, 0, math.MaxInt32); d.Has("backlog") {
		d.Noticef("backlog", "has no effect in a client: nothing listens")
	}
	return func(t *router.TransportConfig) {
		t.Delay, t.NoKeepAlive, t.ReadTimeout, t.WriteTimeout = delay, noKeepAlive, read, write
	}
}
