package serve

import (
	"context"
	"net"
	"syscall"
	"time"
)

// SocketOptions are options of a listening socket and of the connections that it accepts.
// The zero value is what package net does: connections send keep-alive probes, and what is
// written to them is sent at once.
type SocketOptions struct {
	// ReusePort lets other sockets listen at the same address, also those of another
	// process with the same user: the system shares new connections out among them
	// (SO_REUSEPORT). So a new process can begin before the old one drains. On Linux
	// only; on other systems Listen fails.
	ReusePort bool

	// Backlog is how many connections may be established and not accepted. The system
	// has a limit of its own (net.core.somaxconn), which is the default. It is ignored
	// on Windows.
	Backlog int

	// NoKeepAlive has connections send no keep-alive probes, so that a peer that has gone
	// without a word is found by the time limits alone.
	NoKeepAlive bool

	// Delay holds small writes back until what was sent before is acknowledged (Nagle's
	// algorithm).
	Delay bool

	// ReadTimeout closes a connection from which nothing was read for so long, whether or
	// not a request is being served, and whether or not it was upgraded. Default: no limit.
	// This limit and the next are enforced as those of [Config] are.
	ReadTimeout time.Duration

	// WriteTimeout resets a connection on which a write makes no progress for so long,
	// upgraded ones included, as Config.ResponseTimeout does, of which the shorter counts.
	// Default: no limit.
	WriteTimeout time.Duration
}

// Listen listens at a TCP address. [Config].Socket has the options for the server.
func (o SocketOptions) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	c := net.ListenConfig{}
	if o.NoKeepAlive {
		c.KeepAlive = -1
	}
	if o.ReusePort {
		c.Control = func(_, _ string, raw syscall.RawConn) error {
			var failed error
			if err := raw.Control(func(fd uintptr) { failed = reusePort(fd) }); err != nil {
				return err
			}
			return failed
		}
	}
	l, err := c.Listen(ctx, network, address)
	if err != nil || o.Backlog <= 0 {
		return l, err
	}
	if err := limitBacklog(l, o.Backlog); err != nil {
		l.Close()
		return nil, &net.OpError{Op: "listen", Net: network, Addr: l.Addr(), Err: err}
	}
	return l, nil
}

// limitBacklog has a socket that listens keep fewer connections waiting.
func limitBacklog(l net.Listener, n int) error {
	sys, ok := l.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = listenAgain(fd, n) }); err != nil {
		return err
	}
	return failed
}
