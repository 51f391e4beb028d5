// Package timeout has the error of a request whose time was up. Package router makes it,
// and package proxy tells it again in the name of a server.
package timeout

import (
	"context"
	"time"
)

// An Error says which timeout or deadline passed. Programs see it as a net.Error that is a
// [context.DeadlineExceeded].
type Error struct {
	Limit time.Duration // the timeout as it was configured; of a deadline 0
	At    string        // what was waited for, such as "#/io.l5d.fs/web"
	While string        // the rest of the message; of a deadline empty
}

// Error uses Finagle's texts for timeouts (TimeoutException in
// Exceptions.scala).
func (e *Error) Error() string {
	if e.Limit == 0 {
		return "exceeded the deadline of the request (l5d-ctx-deadline) while waiting for a response of " + e.At
	}
	return "exceeded " + Duration(e.Limit) + " to " + e.At + " while " + e.While
}

// Timeout reports true: it is part of net.Error.
func (e *Error) Timeout() bool { return true }

// Temporary reports true: it is part of net.Error.
func (e *Error) Temporary() bool { return true }

// Is makes an Error a [context.DeadlineExceeded].
func (e *Error) Is(target error) bool { return target == context.DeadlineExceeded }
