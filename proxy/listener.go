package proxy

import (
	"net"
	"sync/atomic"
	"time"
)

// listener can be left without losing the connections that the system has made
// and nobody has accepted: closing it would reset them.
type listener struct {
	net.Listener
	left atomic.Bool
}

// Accept returns the next connection. That of a listener that was left ends
// with net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		return track(c), nil
	}
	if l.left.Load() {
		err = net.ErrClosed // net/http would try again after a deadline
	}
	return nil, err
}

// lastCalls is how long connections are accepted after it was decided to stop.
const lastCalls = 20 * time.Millisecond

// leave has Accept end soon, after which the listener is closed.
func (l *listener) leave() {
	l.left.Store(true)
	timed, ok := l.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok || timed.SetDeadline(time.Now().Add(lastCalls)) != nil {
		l.Close()
	}
}
