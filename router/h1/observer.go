package h1

import (
	"context"
	"net/http"
	"net/netip"
	"net/textproto"
)

// ObserverKey is the context key under which [Transport.RoundTrip] looks for
// an [Observer]: a context type of the caller's own can answer it with a value
// that it holds anyway, at the price of no allocation.
type ObserverKey struct{}

// An Observer is told of the steps of one request. Its methods must not block:
// they are called by the goroutine that makes the step. A request that is sent
// anew on another connection begins anew with GotConn.
type Observer interface {
	// GotConn: the request will go out on a connection between these
	// addresses. They are zero for a connection that is not of IP.
	GotConn(local, remote netip.AddrPort)
	// WroteRequest: all of the request was written. For a request with a
	// streamed body it may be called from another goroutine and so at the
	// same time as the methods below, but never after the answer's body
	// has come to its end.
	WroteRequest()
	// GotFirstByte: an answer begins, were it a 1xx answer.
	GotFirstByte()
	// Informational: a 1xx answer other than 101 came. An error gives the
	// exchange up and is returned by RoundTrip.
	Informational(code int, header textproto.MIMEHeader) error
}

// A HeaderEditor is an [Observer] that changes the header of the request on its
// way to the wire, which spares the caller a copy of it.
type HeaderEditor interface {
	// HeaderEdit is called once for a request. Nil: the header goes out as
	// it is.
	HeaderEdit() HeaderEdit
}

// A HeaderEdit is how the header that goes out differs from Request.Header. It
// must say the same all the time, for a request can be sent anew.
type HeaderEdit interface {
	// Omits says whether the fields of this name stay behind. The name is a
	// key of Request.Header.
	Omits(name string) bool
	// Field gives the fields that are added, which Omits has no say in: from
	// number 0 on until ok is false.
	Field(i int) (name, value string, ok bool)
}

// A HeaderTaker is an [Observer] that wants the header fields of the final
// answer in a map of its own.
type HeaderTaker interface {
	// AnswerHeader is called once, when the final answer has passed all
	// checks. The fields are added to the map, which becomes
	// [http.Response.Header]; nil: a new map is made.
	AnswerHeader() http.Header
}

// A FreshTaker is an [Observer] of a request that may have to go out on a
// connection that has not served before: because one that had broke under it.
type FreshTaker interface {
	// Fresh is called once for a request.
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
