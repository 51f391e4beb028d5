//go:build unix

package router

import (
	"net"
	"syscall"
	"testing"
)

// TestDialOptions asks the system for the options of the sockets to endpoints.
func TestDialOptions(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, row := range []struct {
		config TransportConfig
		want   [2]bool // noDelay, keepAlive
	}{
		{TransportConfig{}, [2]bool{true, true}},
		{TransportConfig{Delay: true}, [2]bool{false, true}},
		{TransportConfig{NoKeepAlive: true}, [2]bool{true, false}},
	} {
		conn, err := row.config.dial(l.Addr().String())(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var got [2]bool
		if err := raw.Control(func(fd uintptr) {
			for i, option := range [][2]int{{syscall.IPPROTO_TCP, syscall.TCP_NODELAY}, {syscall.SOL_SOCKET, syscall.SO_KEEPALIVE}} {
				value, err := syscall.GetsockoptInt(int(fd), option[0], option[1])
				if err != nil {
					t.Error(err)
				}
				got[i] = value != 0
			}
		}); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if got != row.want {
			t.Errorf("%+v: noDelay and keepAlive %v, want %v", row.config, got, row.want)
		}
	}
}
