//go:build !386 && !s390x

package serve_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"syscall"
	"testing"
	"unsafe"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestSocketOptions asks the system for the options of the sockets.
func TestSocketOptions(t *testing.T) {
	for _, row := range []struct {
		name    string
		options serve.SocketOptions
		backlog int // 0: not looked at
		want    [2]int
	}{
		{"the default", serve.SocketOptions{}, 0, [2]int{1, 1}},
		{"all", serve.SocketOptions{Backlog: 7, NoKeepAlive: true, Delay: true}, 7, [2]int{0, 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, err := row.options.Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			// Of a socket that listens, TCP_INFO has the backlog in tcpi_sacked.
			if got := tcpInfo(t, l.(*net.TCPListener), 28); row.backlog != 0 && got != row.backlog {
				t.Errorf("backlog %d, want %d", got, row.backlog)
			}
			caught := &catching{Listener: l, conns: make(chan *net.TCPConn, 1)}
			s := startAt(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{Socket: row.options}, caught)
			c := s.Dial(t)
			c.Send(t, servetest.Get)
			c.Response(t)
			conn := <-caught.conns
			got := [2]int{
				option(t, conn, syscall.IPPROTO_TCP, syscall.TCP_NODELAY),
				option(t, conn, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE),
			}
			if got != row.want {
				t.Errorf("noDelay and keepAlive %v, want %v", got, row.want)
			}
		})
	}
}

// TestReusePort: two processes may listen at one address, if both say so.
func TestReusePort(t *testing.T) {
	shared := serve.SocketOptions{ReusePort: true}
	first, err := shared.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := shared.Listen(t.Context(), "tcp", first.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	if third, err := (serve.SocketOptions{}).Listen(t.Context(), "tcp", first.Addr().String()); err == nil {
		third.Close()
		t.Error("one that does not share listens there, too")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if l, err := shared.Listen(over, "tcp", "nowhere.invalid:1"); err == nil {
		l.Close()
		t.Error("it listens although its context is over")
	}
}

// catching is a listener that shows the connections that it accepts.
type catching struct {
	net.Listener
	conns chan *net.TCPConn
}

func (c *catching) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		select {
		case c.conns <- tcp:
		default:
		}
	}
	return conn, err
}

func control(t *testing.T, sys syscall.Conn, f func(fd int) error) {
	t.Helper()
	raw, err := sys.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

func option(t *testing.T, sys syscall.Conn, level, name int) (value int) {
	t.Helper()
	control(t, sys, func(fd int) (err error) {
		value, err = syscall.GetsockoptInt(fd, level, name)
		return err
	})
	return value
}

func tcpInfo(t *testing.T, sys syscall.Conn, at int) (value int) {
	t.Helper()
	control(t, sys, func(fd int) error {
		var info [104]byte
		size := uint32(len(info))
		_, _, failed := syscall.Syscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		value = int(binary.NativeEndian.Uint32(info[at:]))
		if failed != 0 {
			return failed
		}
		return nil
	})
	return value
}
