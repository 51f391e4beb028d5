package router

import (
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// Kind is the step of a request's journey that failed.
type Kind uint8

// The kinds of failure, in the order in which a request can meet them.
const (
	_              Kind = iota
	InvalidDtab         // the request's own dtab does not parse
	Unidentified        // no identifier could name the request
	BindingFailed       // what the name means could not be found out
	BindingTimeout      // nor was it known in time
	NoReplicas          // the name means nothing, or nobody is there
	ConnectFailed       // the chosen replica could not be connected to
	RequestFailed       // it was, and then sending or answering failed
	Canceled            // the caller gave up
	Closed              // the router was closed
)

var kindNames = [...]string{
	InvalidDtab:    "dtab",
	Unidentified:   "identification",
	BindingFailed:  "binding",
	BindingTimeout: "binding timeout",
	NoReplicas:     "no replicas",
	ConnectFailed:  "connect",
	RequestFailed:  "request",
	Canceled:       "canceled",
	Closed:         "closed",
}

// String is a short word for the step, such as "binding".
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
	Replicas  []resolve.Address // its addresses, with ConnectFailed
	Addr      string            // the replica's address, once one is chosen
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

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
