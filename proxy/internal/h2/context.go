package h2

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// requestContext is the context of a request. Most requests end before anybody waits for
// their contexts, so that the context proper is made when somebody does.
type requestContext struct {
	st    *stream
	mu    sync.Mutex
	made  context.Context // nil: nobody has asked for it
	end   context.CancelCauseFunc
	cause error // why it has ended; nil: it has not
}

// Deadline returns none.
func (x *requestContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done returns a channel that is closed when the context ends.
func (x *requestContext) Done() <-chan struct{} { return x.make().Done() }

// Err returns why the context has ended.
func (x *requestContext) Err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.cause != nil {
		return context.Canceled
	}
	return nil
}

// Value has the local address of the connection. All else is of the context
// proper, which package context asks for its children.
func (x *requestContext) Value(key any) any {
	if key == http.LocalAddrContextKey {
		return x.st.c.local
	}
	x.mu.Lock()
	made := x.made
	x.mu.Unlock()
	if made == nil {
		if !x.hasEnded() {
			return nil
		}
		made = x.make() // or its cause would not be known
	}
	return made.Value(key)
}

func (x *requestContext) hasEnded() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.cause != nil
}

// make makes the context proper.
func (x *requestContext) make() context.Context {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.made == nil {
		x.made, x.end = context.WithCancelCause(context.Background())
		if x.cause != nil {
			x.end(x.cause)
		}
	}
	return x.made
}

// cancel ends the context, once.
func (x *requestContext) cancel(cause error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.cause != nil {
		return
	}
	x.cause = cause
	if x.end != nil {
		x.end(cause)
	}
}
