//go:build !race

package serve_test

import (
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"github.com/meshhop/meshhop/proxy/serve"
)

// TestIdleMemory bounds the memory of a connection that has had a request and waits for the
// next one. What the system has of it, and some 300 bytes of the runtime's poller, are not in
// it.
func TestIdleMemory(t *testing.T) {
	if engine != serve.H1 {
		t.Skip("net/http needs several times as much")
	}
	s := startWith(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		useStack(20)
		io.WriteString(w, "hello")
	}), serve.Config{MaxConnections: -1})
	const conns, ceiling = 2000, 2048
	idleClients(t, s.Addr, 10) // what is needed once
	goroutines, before := runtime.NumGoroutine(), memoryInUse()
	idleClients(t, s.Addr, conns)
	waitForGoroutines(t, goroutines)
	if got := (int64(memoryInUse()) - int64(before)) / conns; got > ceiling {
		t.Errorf("%d bytes a connection, want at most %d", got, ceiling)
	}
}

// useStack makes the stack of a goroutine grow, as a handler does.
//
//go:noinline
func useStack(n int) int {
	var room [256]byte
	if n == 0 {
		return int(room[n])
	}
	room[n] = byte(n)
	return useStack(n-1) + int(room[n])
}

func memoryInUse() uint64 {
	var m runtime.MemStats
	for range 5 { // stacks shrink by half each time
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// idleClients are connections with one request each. They are descriptors, because a net.Conn
// would need memory too.
func idleClients(t *testing.T, addr string, n int) (fds []int) {
	t.Helper()
	to := netip.MustParseAddrPort(addr)
	t.Cleanup(func() {
		for _, fd := range fds {
			syscall.Close(fd)
		}
	})
	response := make([]byte, 1<<10)
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
		if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
			t.Fatal(err)
		}
		if _, err := syscall.Write(fd, []byte("GET / HTTP/1.1\r\nHost: web\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if n, err := syscall.Read(fd, response); n == 0 || err != nil {
			t.Fatal(n, err)
		}
	}
	return fds
}
