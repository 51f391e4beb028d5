package serve

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Shutdown drains the server: it stops accepting connections and waits until the
// requests in flight have ended. It reserves a fifth of the time until ctx ends, at
// most a second, for aborting the requests that have not ended by then. Aborting
// takes at most until the end of ctx, or a tenth of a second if less is left, or a
// second if ctx has no deadline. If requests were aborted Shutdown returns an error.
// It does not wait for upgraded connections: they are aborted when the others are
// closed. In all cases the handlers have returned when Shutdown does, unless they
// ignore the end of their request's context for that time.
//
// Responses ask clients to close their connections (Connection: close), and a
// connection that stays idle is closed. The idle time for that is a twentieth of the
// time until ctx ends, at most a second, and half a second if ctx has no deadline. A
// request that comes before is served, also on a connection that the system had
// established but the server had not accepted yet. An idle connection is first
// half-closed, so that a client that sends a request at the same moment finds the
// connection closed and not reset; that request has not been served.
func (s *Server) Shutdown(ctx context.Context) error {
	draining, done := untilAbort(ctx)
	defer done()
	s.handlers.drain()
	s.stopAccepting(draining)
	err := s.conns.drain(draining, idleGraceOf(ctx))
	s.engine.abort(closedError{})
	end := abortEnd(ctx)
	if err != nil {
		// The aborted requests get an error response, which takes a moment.
		responding, done := context.WithDeadline(context.Background(), end.Add(-time.Until(end)/4))
		_ = s.conns.drain(responding, 0)
		done()
	}
	s.conns.abrupt.Store(true)
	s.engine.Close()
	closing, done := context.WithDeadline(context.Background(), end)
	defer done()
	s.handlers.wait(closing)
	return err
}

// abortTimeout bounds the wait for requests that were aborted.
const abortTimeout = time.Second

// untilAbort returns a context that ends before ctx does, so that there is time to
// abort the requests that have not ended by then.
func untilAbort(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-min(max(time.Until(end), 0)/5, abortTimeout)))
}

// abortEnd returns how long aborted requests are waited for.
func abortEnd(ctx context.Context) time.Time {
	now := time.Now()
	end, ok := ctx.Deadline()
	if !ok || errors.Is(ctx.Err(), context.Canceled) {
		return now.Add(abortTimeout)
	}
	if soon := now.Add(abortTimeout / 10); end.Before(soon) {
		return soon
	}
	return end
}

// stopAccepting accepts the connections that the system has established already, and
// no more.
func (s *Server) stopAccepting(ctx context.Context) {
	s.mu.Lock()
	s.closing = true
	for l := range s.listeners {
		l.stop(ctx)
	}
	s.mu.Unlock()
	s.conns.wakeQueued()
	s.accepting.Wait()
}

// idleGraceOf returns how long a connection may stay idle while the server drains.
func idleGraceOf(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return 0
	case !ok:
		return time.Second / 2
	}
	return min(time.Until(end)/20, time.Second)
}

// closedError is the cause with which the context of an aborted request ends.
type closedError struct{}

func (closedError) Error() string { return "the server was closed" }

// Is makes the cause equal to the error by which net/http says the same.
func (closedError) Is(target error) bool { return target == http.ErrServerClosed }
