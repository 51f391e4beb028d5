// Package relay is what a proxy and an HTTP client need of each other beyond
// [http.Request] and [http.Response], so that a message is passed on without a copy of
// its header and with its times known. A caller fills in an [Exchange] and hands it
// down beside the request.
package relay

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// An Exchange is handed to a client beside a request. The zero value, and nil, ask for
// nothing.
type Exchange struct {
	// Edit is how the header that is written differs from Request.Header. Nil: it
	// does not differ. It must always return the same, because a request can be sent
	// again.
	Edit HeaderEdit
	// Header, if it is not nil, is the map that becomes Response.Header: the fields of
	// the final response are added to it once the response has passed all checks.
	Header http.Header
	// Lines is how Request.Header stood on the wire, if it came from there. What has not
	// changed is written like that. Nil: not known.
	Lines *h1wire.Lines
	// ResponseLines, if it is not nil, gets how Response.Header stood on the wire.
	ResponseLines *h1wire.Lines
	// TakesTrailers says that the client will not discard the trailers of the response
	// ("TE: trailers").
	TakesTrailers bool
	// Fresh asks for a connection that has not served before, because a used one broke
	// under the request.
	Fresh bool
	// Interim gets each 1xx response other than 101. Nil: they are ignored.
	Interim InterimResponder
	// Times, if it is not nil, is told when the request and its response were on the
	// wire.
	Times *Times
	// Trace, if it is not nil, is called as [http.Transport] calls it. Of its hooks
	// GotConn, WroteRequest, GotFirstResponseByte and Got1xxResponse are called.
	Trace *httptrace.ClientTrace

	// Room is the memory of the response, which a client may leave here for the next exchange
	// that the caller uses this one for, after Reset. Nil: there is none.
	Room interface{ Reset() }

	within context.Context // of the carrier
}

// A HeaderEdit is how the header that is written differs from Request.Header.
type HeaderEdit interface {
	// Omits reports whether the fields of this name are left out. The name is a key of
	// Request.Header.
	Omits(name string) bool
	// Field returns the fields that are added, from number 0 on until ok is false.
	// Omits does not apply to them.
	Field(i int) (name, value string, ok bool)
}

// An InterimResponder passes 1xx responses on. An error ends the exchange, and is its
// error. A client may call it from any goroutine, one call at a time.
type InterimResponder interface {
	Interim(code int, header textproto.MIMEHeader) error
}

// A Body is the body of a response that can say, when it is copied, whether the
// response failed or the writer.
type Body interface {
	CopyTo(w io.Writer) (n int64, response, writer error)
}

// Connected is called when the request has a connection, again if it gets another one.
// The addresses of a connection do not change.
func (x *Exchange) Connected(c net.Conn, ends *Addresses, reused bool) {
	if x == nil {
		return
	}
	if x.Times != nil {
		x.Times.connected(ends)
	}
	if x.Trace != nil && x.Trace.GotConn != nil {
		x.Trace.GotConn(httptrace.GotConnInfo{Conn: c, Reused: reused})
	}
}

// RequestOrder begins a use of Lines.
func (x *Exchange) RequestOrder() h1wire.Order {
	if x == nil {
		return h1wire.Order{}
	}
	return x.Lines.Order()
}

// Wrote is called when all of the request was written. For a request whose body is
// streamed that may be in another goroutine, and after the response has begun.
func (x *Exchange) Wrote() {
	if x == nil {
		return
	}
	if x.Times != nil {
		x.Times.sent()
	}
	if x.Trace != nil && x.Trace.WroteRequest != nil {
		x.Trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// Began is called when the first byte of a response came, be it a 1xx response.
func (x *Exchange) Began() {
	if x == nil {
		return
	}
	if x.Times != nil {
		x.Times.responded()
	}
	if x.Trace != nil && x.Trace.GotFirstResponseByte != nil {
		x.Trace.GotFirstResponseByte()
	}
}

// WantsInterim reports whether anybody wants 1xx responses.
func (x *Exchange) WantsInterim() bool {
	return x != nil && (x.Interim != nil || x.Trace != nil && x.Trace.Got1xxResponse != nil)
}

// PassInterim passes a 1xx response on.
func (x *Exchange) PassInterim(code int, header textproto.MIMEHeader) error {
	if x.Trace != nil && x.Trace.Got1xxResponse != nil {
		if err := x.Trace.Got1xxResponse(code, header); err != nil {
			return err
		}
	}
	if x.Interim != nil {
		return x.Interim.Interim(code, header)
	}
	return nil
}
