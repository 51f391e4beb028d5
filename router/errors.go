package router

import (
	"context"
	"fmt"
	"strings"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/resolve"
)

// Kind is the step of a request that failed.
type Kind uint8

// The kinds of failure, in the order in which a request can meet them. Three more are the
// router's own.
const (
	_                 Kind = iota
	unsupportedScheme      // the URL's scheme is neither http nor https, or it is https and the client has no TLS
	InvalidDtab            // the request's own dtab does not parse
	Unidentified           // no identifier could name the request
	looped                 // the request has passed here before, of a proxy.Handler
	stageFailed            // a stage of Config.Stages failed
	BindingFailed          // the look-up of the name failed
	BindingTimeout         // the look-up of the name did not end in time
	Forbidden              // the request's own dtab leads where it may not, see Overrides and Listeners
	NoReplicas             // the name is bound to nothing, or its replica set is empty
	ConnectFailed          // the connection to the chosen replica could not be made
	RequestFailed          // the request could not be sent, or its response not be read
	Nacked                 // the replica refused the request unread
	AttemptTimeout         // no response within ClientPolicy.AttemptTimeout
	TotalTimeout           // no response within ServicePolicy.TotalTimeout
	ServerTimeout          // no response within the server's timeout, proxy.Config.Timeout
	DeadlineExceeded       // the client's deadline passed
	Canceled               // the client cancelled the request
	Closed                 // the router was closed
)

var kindNames = [...]string{
	unsupportedScheme: "scheme",
	InvalidDtab:       "dtab",
	Unidentified:      "identification",
	looped:            "loop",
	stageFailed:       "stage",
	BindingFailed:     "binding",
	BindingTimeout:    "binding timeout",
	Forbidden:         "forbidden",
	NoReplicas:        "no replicas",
	ConnectFailed:     "connect",
	RequestFailed:     "request",
	Nacked:            "refused",
	AttemptTimeout:    "attempt timeout",
	TotalTimeout:      "total timeout",
	ServerTimeout:     "server timeout",

	DeadlineExceeded: "deadline",
	Canceled:         "canceled",
	Closed:           "closed",
}

// Error makes a Kind an error to compare with: errors.Is(err, [NoReplicas]) says whether
// an [*Error] is of that kind. The three timeouts and DeadlineExceeded are
// [context.DeadlineExceeded] as well, and Canceled is [context.Canceled] where the
// client's context was cancelled without a cause of its own.
func (k Kind) Error() string { return "router: " + k.String() }

// isAcquisition reports whether the request failed before it had a connection to a
// replica (ClientAcquisition in the spans of Linkerd).
func (k Kind) isAcquisition() bool { return k >= BindingFailed && k <= ConnectFailed }

// interrupted reports whether the request has ended for its client, so that it must
// not be tried again.
func (k Kind) interrupted() bool { return k >= TotalTimeout }

// isTimeout reports whether a timeout or deadline of the attempt or request passed.
func (k Kind) isTimeout() bool { return k >= AttemptTimeout && k <= DeadlineExceeded }

// String returns a short word for the step, such as "binding".
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// An Error says which step of a request's journey failed, with as much of the
// names as was known by then, and the cause.
type Error struct {
	Kind      Kind
	Dst       resolve.Path      // the request's name; empty before it has one
	BaseDtab  resolve.Dtab      // what the name was looked up in, with NoReplicas
	LocalDtab resolve.Dtab      // the request's own part of it, with NoReplicas
	Bound     resolve.Path      // the replica set; empty before one is chosen
	Replicas  []resolve.Address // its addresses, with ConnectFailed, and where TLS failed
	Addr      string            // the replica's address, once one is chosen
	Unsent    bool              // no byte of the request left: sending it again is safe
	Explained string            // how the name was looked up, line by line, with NoReplicas
	Err       error             // the cause
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("router: ")
	b.WriteString(e.Kind.String())
	if !e.Dst.IsEmpty() {
		b.WriteString(" of ")
		b.WriteString(e.Dst.String())
	}
	if !e.Bound.IsEmpty() {
		b.WriteString(" as ")
		b.WriteString(e.Bound.String())
	}
	if e.Addr != "" {
		b.WriteString(" at ")
		b.WriteString(e.Addr)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Is says whether target is e's kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// canceled completes the error of a request whose context has ended.
func canceled(ctx context.Context, e *Error) *Error {
	e.Kind, e.Err = Canceled, context.Cause(ctx)
	if ctx.Err() == context.DeadlineExceeded {
		e.Kind = DeadlineExceeded
		if e.Err != context.DeadlineExceeded {
			e.Err = fmt.Errorf("%w: %w", context.DeadlineExceeded, e.Err)
		}
	}
	return e
}

// isBeforeReplica reports whether the step that failed did not involve the replica:
// the request or its body cannot be sent, or no connection was free.
func isBeforeReplica(op string) bool {
	return op == relay.OpRequest || op == relay.OpBody || op == relay.OpWait
}
