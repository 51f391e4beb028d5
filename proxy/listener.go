package proxy

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// listener can be left without losing the connections that the system has made
// and nobody has accepted: closing it would reset them.
type listener struct {
	net.Listener
	sole  bool // no other process has the socket
	conns *conns
	until time.Time // of the last calls at the latest, set before left; zero: lastCalls
	left  atomic.Bool
	end   time.Time // of the last calls, once these have begun; Accept's own
}

// timed is what it takes to accept only what is there.
type timed interface{ SetDeadline(time.Time) error }

const (
	// lull is how long nobody may come before a listener that was left is
	// closed: longer than it takes to make a connection that was begun.
	lull = 20 * time.Millisecond
	// lastCalls bounds the wait for that.
	lastCalls = 250 * time.Millisecond
)

// leave has Accept end as soon as there is a lull, or when ctx does.
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

// Accept returns the next connection; after the last one of a listener that was
// left, net.ErrClosed.
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
		// Where this took much longer than the lull the process was held up,
		// and the deadline may have passed before anybody looked.
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(now) < 2*lull {
			break
		}
	}
	return nil, net.ErrClosed // net/http would try again after any other
}
