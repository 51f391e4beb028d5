package h1

import (
	"context"
	"net/http"
	"net/netip"
	"net/textproto"
)

// ObserverKey is the context key under which [Transport.RoundTrip] looks for an
// [Observer]. A caller whose own context type returns the observer from Value needs
// no allocation for it.
type ObserverKey struct{}

// An Observer has a method for each step of one request. Its methods must not
// block: the goroutine that makes the step calls them. A request that is sent again
// on another connection starts again with GotConn.
type Observer interface {
	// GotConn: the request will go out on a connection between these
	// addresses. They are zero for a connection that is not of IP.
	GotConn(local, remote netip.AddrPort)
	// WroteRequest: all of the request was written. For a request with a
	// streamed body it may be called from another goroutine, and so at the same
	// time as the methods below, but never after the end of the response's body.
	WroteRequest()
	// GotFirstByte: a response begins, be it a 1xx response.
	GotFirstByte()
	// Informational: a 1xx response other than 101 came. An error aborts the
	// exchange, and RoundTrip returns it.
	Informational(code int, header textproto.MIMEHeader) error
}

// A HeaderEditor is an [Observer] that changes the header of the request as it is
// written, so that the caller need not copy it.
type HeaderEditor interface {
	// HeaderEdit is called once for a request. If it returns nil the header is
	// written as it is.
	HeaderEdit() HeaderEdit
}

// A HeaderEdit is how the header that is written differs from Request.Header. It
// must always return the same, because a request can be sent again.
type HeaderEdit interface {
	// Omits reports whether the fields of this name are left out. The name is a
	// key of Request.Header.
	Omits(name string) bool
	// Field returns the fields that are added, from number 0 on until ok is
	// false. Omits does not apply to them.
	Field(i int) (name, value string, ok bool)
}

// A HeaderTaker is an [Observer] that supplies the map for the header fields of the
// final response.
type HeaderTaker interface {
	// AnswerHeader is called once, when the final response has passed all
	// checks. The fields are added to the map, which becomes
	// [http.Response.Header]. If it returns nil a new map is made.
	AnswerHeader() http.Header
}

// A FreshTaker is an [Observer] of a request that may need a connection that has not
// served before, because a used one broke under it.
type FreshTaker interface {
	// Fresh reports whether the request needs one. It is called once for a
	// request.
	Fresh() bool
}

func wantsFresh(o Observer) bool {
	taker, ok := o.(FreshTaker)
	return ok && taker.Fresh()
}

// observerOf costs no allocation: ObserverKey has no size.
func observerOf(ctx context.Context) Observer {
	o, _ := ctx.Value(ObserverKey{}).(Observer)
	return o
}
