package h1

import (
	"context"
	"errors"
	"fmt"
)

// Wrote says how much of a request left this process, as far as the operating
// system took it.
type Wrote uint8

const (
	Nothing Wrote = iota // not a byte: the peer cannot have seen the request
	Some                 // a part
	All                  // all of it, with its body
)

func (w Wrote) String() string {
	switch w {
	case Nothing:
		return "nothing"
	case Some:
		return "some"
	default:
		return "all"
	}
}

// The steps that an [Error] names.
const (
	OpRequest = "check request"       // the request cannot be written as it is
	OpConnect = "connect"             // no connection could be made
	OpWait    = "wait for connection" // none of Config.MaxConns became free
	OpWrite   = "write request"       // the connection did not take the request
	OpBody    = "read request body"   // the request's own body failed
	OpRead    = "read response"       // no head of a response came
	OpParse   = "parse response"      // what came is not a valid response
	OpAnswer  = "read response body"  // the response broke off after its head
)

// Causes that an [Error] may wrap, to be tested with [errors.Is].
var (
	// ErrInvalidRequest means that the request cannot be written without changing its
	// meaning. Nothing was written.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrMalformed means that the response violates RFC 9112, or that it uses an option
	// which this package does not accept. The connection was closed.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge means that the head or the trailer section of the response exceeds
	// the limits of [Config]. The connection was closed.
	ErrTooLarge = errors.New("too large")
	// ErrTooManyWaiters means that all connections that Config.MaxConns allows are in
	// use and Config.MaxWaiters requests are waiting for one. Nothing was written.
	ErrTooManyWaiters = errors.New("too many requests are waiting for a connection")
	// ErrClosed means that the transport was closed before the request, or while the
	// request was waiting for a connection.
	ErrClosed = errors.New("transport is closed")
)

// An Error is the error of every failure of a [Transport], both of RoundTrip and of
// reading a response's body. Wrote and Answered decide whether the request may be
// sent again: if Wrote is [Nothing], always; if bytes were written but no byte of a
// response came, only if the request is idempotent.
type Error struct {
	Op       string // the step that failed, one of the Op constants
	Addr     string // Config.Addr
	Wrote    Wrote  // how much of the request was written
	Answered bool   // a byte of a response came, be it a 1xx response
	Reused   bool   // the connection had served another request before
	Err      error  // the cause; both the context's error and its cause after a cancellation
}

func (e *Error) Error() string {
	answered := "no byte came back"
	if e.Answered {
		answered = "a response had begun"
	}
	switch e.Op {
	case OpRequest, OpConnect, OpWait:
		return fmt.Sprintf("h1: %s to %s: %v", e.Op, e.Addr, e.Err)
	}
	return fmt.Sprintf("h1: %s, %s (%s of the request was written, %s): %v", e.Op, e.Addr, e.Wrote, answered, e.Err)
}

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

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalidRequest}, args...)...)
}
