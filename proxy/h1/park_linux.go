package h1

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// lot waits for the input of the parked connections. It has an epoll instance of its own,
// which one goroutine waits for as for any file, so that no thread is blocked. That goroutine
// runs while the server has connections that can be parked.
//
// The system forgets a connection that is closed. A number that the lot gives a connection is
// given once, so that an event which comes late finds no other connection.
type lot struct {
	server *Server
	after  time.Duration // parkAfter, or less in tests

	mu      sync.Mutex
	closed  bool
	running bool
	epoll   *os.File
	raw     syscall.RawConn // of epoll
	parked  map[uint64]*conn
	spaces  uint64
	ended   sync.WaitGroup
}

// events is how many connections are woken at a time.
const events = 64

// edgeOnce asks for one event, at once if there is input already.
const edgeOnce = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT

func (l *lot) init(s *Server) {
	l.server, l.after, l.parked = s, parkAfter, map[uint64]*conn{}
}

// open has the lot look at a new connection.
func (l *lot) open(c *conn) {
	if c.raw == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running || l.closed || l.openEpoll() != nil {
		return
	}
	l.running = true
	epoll, raw := l.epoll, l.raw
	l.ended.Go(func() { l.run(epoll, raw) })
}

func (l *lot) openEpoll() error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err == nil {
		err = syscall.SetNonblock(fd, true) // or it could not be waited for as a file
	}
	if err != nil {
		return err
	}
	l.epoll = os.NewFile(uintptr(fd), "epoll")
	l.raw, err = l.epoll.SyscallConn()
	return err
}

// close ends the waiting. Nothing is parked from now on; the connections that are have to be
// closed before.
func (l *lot) close() {
	l.mu.Lock()
	l.closed = true
	if l.running {
		l.epoll.Close()
	}
	l.mu.Unlock()
	l.ended.Wait()
}

// park parks a connection. It returns false if that is not possible; otherwise the caller has
// nothing more to do with the connection.
func (l *lot) park(c *conn) bool {
	l.mu.Lock()
	if !l.running || l.closed {
		l.mu.Unlock()
		return false
	}
	l.spaces++
	space, epoll := l.spaces, l.raw
	l.parked[space] = c
	c.parked.space.Store(space)
	l.mu.Unlock()
	if control(epoll, c.raw, syscall.EPOLL_CTL_ADD, space) == nil {
		return true
	}
	return l.take(space) == nil // it was closed, and has a goroutine again
}

// control changes what the epoll instance knows of a connection.
func control(epoll, conn syscall.RawConn, operation int, space uint64) (failed error) {
	event := syscall.EpollEvent{Events: edgeOnce, Fd: int32(space), Pad: int32(space >> 32)}
	err := epoll.Control(func(to uintptr) {
		err := conn.Control(func(fd uintptr) { failed = syscall.EpollCtl(int(to), operation, int(fd), &event) })
		if err != nil {
			failed = err
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// take takes a connection out of the lot: one caller gets it, all others nil.
func (l *lot) take(space uint64) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.parked[space]
	if c != nil {
		delete(l.parked, space)
		c.parked.space.Store(0)
	}
	return c
}

// run wakes connections that have input, and parks those that are idle.
func (l *lot) run(epoll *os.File, raw syscall.RawConn) {
	defer epoll.Close()
	var ready [events]syscall.EpollEvent
	for look := time.Now().Add(l.after); ; {
		if time.Until(look) <= 0 {
			if !l.look() {
				return
			}
			look = time.Now().Add(l.after)
		}
		if epoll.SetReadDeadline(look) != nil {
			l.stop()
			return
		}
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			n, _ = syscall.EpollWait(int(fd), ready[:], 0)
			return n > 0
		})
		if err != nil && !isTimeout(err) {
			return // it was closed
		}
		for _, event := range ready[:max(n, 0)] {
			if c := l.take(uint64(uint32(event.Fd)) | uint64(uint32(event.Pad))<<32); c != nil {
				_ = control(raw, c.raw, syscall.EPOLL_CTL_DEL, 0)
				go c.serve()
			}
		}
	}
}

// stop lets nothing be parked until a connection is opened.
func (l *lot) stop() {
	l.mu.Lock()
	l.running = false
	l.mu.Unlock()
}

// look tells the connections that are idle to park, and wakes those that were closed by
// others, who did not tell. It returns false if there are no connections any more.
func (l *lot) look() bool {
	l.mu.Lock()
	all := l.server.all()
	if l.running = len(all) > 0; !l.running {
		l.mu.Unlock()
		return false
	}
	l.mu.Unlock()
	for _, c := range all {
		if space := c.parked.space.Load(); space == 0 {
			c.parked.tellToPark(c)
		} else if c.raw.Control(func(uintptr) {}) != nil {
			c.unpark()
		}
	}
	return true
}
