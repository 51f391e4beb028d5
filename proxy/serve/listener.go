package serve

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// listener can stop accepting without losing the connections that the system has
// established but the server has not accepted yet: closing it would reset them.
type listener struct {
	net.Listener
	sole     bool // no other process has the socket
	conns    *conns
	secure   *secure
	latest   time.Time   // when to stop at the latest, set before stopped; zero: after maxAcceptDrain
	stopped  atomic.Bool // stop was called
	drainEnd time.Time   // when to stop, once Accept has seen stopped; only Accept uses it
}

// deadlineSetter is a listener whose Accept can be given a deadline.
type deadlineSetter interface{ SetDeadline(time.Time) error }

const (
	// acceptQuietPeriod is how long no connection must come before a stopped listener
	// is closed: longer than a TCP handshake that has begun takes.
	acceptQuietPeriod = 20 * time.Millisecond
	// maxAcceptDrain bounds the wait for a quiet period.
	maxAcceptDrain = 250 * time.Millisecond
)

// stop makes Accept return the connections that the system has established and then
// net.ErrClosed, at the end of ctx at the latest.
func (l *listener) stop(ctx context.Context) {
	l.latest, _ = ctx.Deadline()
	if ctx.Err() != nil {
		l.latest = past()
	}
	if l.sole {
		refuseNew(l.Listener)
	}
	l.stopped.Store(true)
	t, ok := l.Listener.(deadlineSetter)
	if !ok || t.SetDeadline(past()) != nil {
		l.Close()
	}
}

// Accept returns the next connection. After the last one of a stopped listener it
// returns net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	if l.drainEnd.IsZero() {
		c, err := l.Listener.Accept()
		if err == nil {
			l.conns.admit(&l.stopped)
			return l.track(c), nil
		}
		if !l.stopped.Load() {
			return nil, err
		}
		l.drainEnd = time.Now().Add(maxAcceptDrain)
		if !l.latest.IsZero() && l.latest.Before(l.drainEnd) {
			l.drainEnd = l.latest
		}
	}
	return l.acceptEstablished()
}

func (l *listener) acceptEstablished() (net.Conn, error) {
	t, ok := l.Listener.(deadlineSetter)
	for now := time.Now(); ok && now.Before(l.drainEnd) && t.SetDeadline(now.Add(acceptQuietPeriod)) == nil; now = time.Now() {
		c, err := l.Listener.Accept()
		if err == nil {
			l.conns.admit(&l.stopped)
			return l.track(c), nil
		}
		// If this took much longer than the quiet period, the process was held up, and
		// the deadline may have passed before the system looked for a connection.
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(now) < 2*acceptQuietPeriod {
			break
		}
	}
	return nil, net.ErrClosed // after any other error net/http would call Accept again
}
