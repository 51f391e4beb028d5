package h2client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/meshhop/meshhop/internal/relay"
)

// An Error is the error of every failure of a [Transport], both of RoundTrip and of reading a
// response's body.
type Error struct {
	// Op is the step that failed, one of those of package relay.
	Op   string
	Addr string // Config.Addr
	// Unprocessed: the peer has not processed the request, whatever of it was sent: it may
	// be sent again, whatever its method is.
	Unprocessed bool
	Responded   bool // a byte of a response came, which may be a 1xx response
	Reused      bool // the connection had served another request before
	Err         error
}

func (e *Error) Error() string {
	return "h2: " + e.Op + ", " + e.Addr + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether a deadline was the cause, as for a [net.Error].
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// Reset reports whether the peer ended the stream, and not the connection.
func (e *Error) Reset() bool {
	reset := (*Reset)(nil)
	return errors.As(e.Err, &reset)
}

var (
	// ErrHTTP1 is the cause of an [Error] with Config.OrHTTP1. Nothing was sent.
	ErrHTTP1 = errors.New("the endpoint chose HTTP/1.1")

	errClosed         = errors.New("transport is closed")
	errUpgrade        = errors.New("an upgrade of the connection, such as to a WebSocket, is not possible over HTTP/2 here: extended CONNECT (RFC 8441) is not supported")
	errNoPeer         = errors.New("the endpoint closed the connection before it said that it speaks HTTP/2")
	errSettings       = errors.New("the endpoint did not say within 10 s that it speaks HTTP/2")
	errGoAway         = errors.New("the endpoint was closing the connection (GOAWAY) and has not processed the request")
	errInterim        = errors.New("more than 32 informational responses")
	errBodyClosed     = errors.New("the request's body was closed")
	errNotSent        = errors.New("the connection was closing before the request was sent")
	errConnectTimeout = error(connectTimeout{})
)

// UpgradeImpossible reports whether a request failed because it asked for an upgrade of its
// connection, which HTTP/2 does not know.
func UpgradeImpossible(err error) bool { return errors.Is(err, errUpgrade) }

// connectTimeout is a net.Error.
type connectTimeout struct{}

func (connectTimeout) Error() string   { return "no connection within ConnectTimeout" }
func (connectTimeout) Timeout() bool   { return true }
func (connectTimeout) Temporary() bool { return true }

// A Reset is the cause of an [Error]: the peer ended the stream of the request (RST_STREAM).
type Reset struct{ Code Code }

func (r *Reset) Error() string { return "the endpoint reset the stream: " + r.Code.String() }

// ResetCode is the code as a number (RFC 9113 section 7), for those who want to pass it on.
func (r *Reset) ResetCode() uint32 { return uint32(r.Code) }

// Code is an error code of HTTP/2 (RFC 9113 section 7).
type Code uint32

// RefusedStream says that the peer has not processed the request (RFC 9113 section 8.7).
const RefusedStream Code = 0x7

// String is the name of the code.
func (c Code) String() string {
	names := [...]string{"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("error code %#x", uint32(c))
}

// streamError has the shape of net/http's error of a stream, which errors.As recognizes by
// it.
type streamError struct {
	StreamID uint32
	Code     Code
	Cause    error
}

func (e streamError) Error() string { return e.Code.String() }

// what net/http says in errors that it does not export. Tests with a peer that has them said
// notice when the words change.
const (
	saysFromPeer    = "received from peer"
	saysGoAway      = "http2: Transport received "
	saysUnusable    = "http2: client conn not usable"
	saysNotMade     = "http2: client conn could not be established"
	saysGoAwayClose = "http2: server sent GOAWAY and closed the connection"
)

// causeOf is what an error of net/http means, and whether the peer has not processed the
// request.
func causeOf(err error) (cause error, unprocessed bool) {
	if stream := (streamError{}); errors.As(err, &stream) {
		if stream.Cause != nil && stream.Cause.Error() == saysFromPeer {
			return &Reset{stream.Code}, stream.Code == RefusedStream
		}
		if stream.Cause != nil {
			err = stream.Cause
		}
		return err, false
	}
	switch text := err.Error(); {
	case strings.HasPrefix(text, saysGoAwayClose):
		return err, false
	case strings.HasPrefix(text, saysGoAway):
		if _, code, ok := strings.Cut(text, "ErrCode:"); ok {
			return fmt.Errorf("%w: %s", errGoAway, code), true
		}
		return errGoAway, true
	case text == saysUnusable, text == saysNotMade:
		return errNotSent, true
	}
	return err, false
}

// isMalformed reports whether what came is not a valid response.
func isMalformed(err error) bool {
	stream := streamError{}
	return errors.As(err, &stream) && stream.Cause != nil && stream.Cause.Error() != saysFromPeer
}

// canceled returns the error of an ended context, with its cause.
func canceled(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// failure returns the error of a request that has no stream.
func (t *Transport) failure(op string, err error) error {
	return &Error{Op: op, Addr: t.config.Addr, Unprocessed: op != relay.OpRequest, Err: err}
}
