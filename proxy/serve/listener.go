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
// established but that are not accepted yet: closing it would reset them.
type listener struct {
	net.Listener
	sole  bool // no other process has the socket
	conns *conns
	until time.Time // until when to accept at the latest, set before left; zero: lastCalls
	left  atomic.Bool
	end   time.Time // until when to accept, once leave was seen; only Accept uses it
}

// timed is a listener whose Accept can be given a deadline.
type timed interface{ SetDeadline(time.Time) error }

const (
	// lull is how long no connection must come before a listener that was left is
	// closed: longer than a TCP handshake that has begun takes.
	lull = 20 * time.Millisecond
	// lastCalls bounds the wait for a lull.
	lastCalls = 250 * time.Millisecond
)

// leave makes Accept end as soon as there is a lull, or when ctx ends.
func (l *listener) leave(ctx context.Context) {
	l.until, _ = ctx.Deadline()
	if ctx.Err() != nil {
		l.until = time.Unix(1, 0)
	}
	if l.sole {
		refuseNew(l.Listener)
	}
	l.left.Store(true)
	t, ok := l.Listener.(timed)
	if !ok || t.SetDeadline(time.Unix(1, 0)) != nil {
		l.Close()
	}
}

// Accept returns the next connection. After the last one of a listener that was left
// it returns net.ErrClosed.
func (l *listener) Accept() (net.Conn, error) {
	if l.end.IsZero() {
		c, err := l.Listener.Accept()
		if err == nil {
			l.conns.admit(&l.left)
			return l.conns.track(c), nil
		}
		if !l.left.Load() {
			return nil, err
		}
		l.end = time.Now().Add(lastCalls)
		if !l.until.IsZero() && l.until.Before(l.end) {
			l.end = l.until
		}
	}
	return l.acceptLast()
}

func (l *listener) acceptLast() (net.Conn, error) {
	t, ok := l.Listener.(timed)
	for now := time.Now(); ok && now.Before(l.end) && t.SetDeadline(now.Add(lull)) == nil; now = time.Now() {
		c, err := l.Listener.Accept()
		if err == nil {
			l.conns.admit(&l.left)
			return l.conns.track(c), nil
		}
		// If this took much longer than the lull, the process was held up, and the
		// deadline may have passed before the system looked for a connection.
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(now) < 2*lull {
			break
		}
	}
	return nil, net.ErrClosed // after any other error net/http would accept again
}
