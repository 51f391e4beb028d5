package h1

import (
	"context"
	"errors"
	"fmt"

	"github.com/meshhop/meshhop/internal/relay"
)

// wrote is how much of a request left this process, as far as the operating system took
// it.
type wrote uint8

const (
	nothing wrote = iota // not a byte: the peer cannot have seen the request
	some                 // a part
	all                  // all of it, with its body
)

// ErrTooManyWaiters is the cause of an [Error], to be tested with [errors.Is]: all
// connections that Config.MaxConns allows are in use and Config.MaxWaiters requests are
// waiting for one. Nothing was written.
var ErrTooManyWaiters = errors.New("too many requests are waiting for a connection")

var (
	errInvalidRequest = errors.New("invalid request")     // it cannot be written without changing its meaning
	errClosed         = errors.New("transport is closed") // before the request, or while it was waiting for a connection
)

// An Error is the error of every failure of a [Transport], both of RoundTrip and of
// reading a response's body. Wrote and Responded decide whether the request may be sent
// again: if Wrote is false, always; if Wrote is true and Responded is false, only if the
// request is idempotent.
type Error struct {
	// Op is the step that failed:
	//
	//	check request         the request cannot be written as it is
	//	connect               no connection could be made
	//	wait for connection   none of Config.MaxConns became free
	//	write request         the connection did not take the request
	//	read request body     the request's own body failed
	//	read response         no head of a response came
	//	parse response        what came is not a valid response
	//	read response body    the response broke off after its head
	Op        string
	Addr      string // Config.Addr
	Wrote     bool   // a part of the request was written: the peer may have seen it
	WroteAll  bool   // all of it was written, with its body
	Responded bool   // a byte of a response came, which may be a 1xx response
	Reused    bool   // the connection had served another request before
	Err       error  // the cause; after a cancellation, the error of the context and its cause
}

func (e *Error) Error() string {
	switch e.Op {
	case relay.OpRequest, relay.OpConnect, relay.OpWait:
		return fmt.Sprintf("h1: %s to %s: %v", e.Op, e.Addr, e.Err)
	}
	written := "nothing"
	switch {
	case e.WroteAll:
		written = "all"
	case e.Wrote:
		written = "some"
	}
	responded := "no byte came back"
	if e.Responded {
		responded = "a response had begun"
	}
	return fmt.Sprintf("h1: %s, %s (%s of the request was written, %s): %v", e.Op, e.Addr, written, responded, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether a deadline was the cause, as for a [net.Error].
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// canceled returns the error of an ended context, with its cause.
func canceled(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errInvalidRequest}, args...)...)
}
