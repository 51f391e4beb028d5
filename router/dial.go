package router

import (
	"context"
	"net"
)

// dial returns what connects to an address with the options of config.
func (c TransportConfig) dial(address string) func(context.Context) (net.Conn, error) {
	dialer := new(net.Dialer)
	if c.NoKeepAlive {
		dialer.KeepAlive = -1
	}
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if tcp, ok := conn.(*net.TCPConn); ok && c.Delay {
			_ = tcp.SetNoDelay(false)
		}
		return conn, err
	}
}
