package proxy

import (
	"errors"

	"github.com/meshhop/meshhop/router"
)

// cause is why a request failed: a router.Kind, or one of the handler's own.
type cause uint8

const (
	// causeStatus: the response of an endpoint counts as a failure. It is no router.Kind.
	causeStatus cause = 0
	// firstOwn leaves room for those of the router.
	firstOwn cause = 32
)

// The handler's own.
const (
	causeBroken      cause = firstOwn + iota // the response broke off
	causeConcurrency                         // MaxConcurrentRequests
	causeMethod                              // CONNECT
	causeProtocol                            // the request breaks HTTP, or its body came too slowly
	causeDepth                               // it went through too many proxies
	causeTarget                              // its target is invalid
	allCauses
)

// String returns a word or two for the cause, such as "binding timeout".
func (c cause) String() string {
	switch {
	case c == causeStatus:
		return "status"
	case c < firstOwn:
		return router.Kind(c).String()
	case c < allCauses:
		return [...]string{"response", "concurrency", "method", "protocol", "depth", "target"}[c-firstOwn]
	}
	return "unknown"
}

// causeOf is the step of a failure.
func causeOf(err error) cause {
	if failed, ok := errors.AsType[*router.Error](err); ok && failed.Kind < router.Kind(firstOwn) {
		return cause(failed.Kind)
	}
	switch err {
	case errConnect:
		return causeMethod
	case errLongContext:
		return cause(router.InvalidDtab)
	}
	switch err.(type) {
	case *protocolError, *earlyError:
		return causeProtocol
	case *depthError:
		return causeDepth
	case *targetError:
		return causeTarget
	}
	return cause(router.RequestFailed)
}
