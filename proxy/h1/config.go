package h1

import (
	"log/slog"
	"net"
	"net/http"
)

// Config says what a [Server] serves. Zero fields mean the defaults.
type Config struct {
	// Handler serves the requests. It is required.
	Handler http.Handler

	// MaxHeadBytes bounds the request line and the header lines of a request together,
	// and the trailer section of its body. Default 1 MiB.
	MaxHeadBytes int

	// Refuse answers a request that is refused before the handler gets it, with a status and
	// a reason, which may quote the request. The request has what came of it and is no more
	// than that: its method and its target may be missing or may not be what they seem to
	// be, its header may lack fields, and it has no body. The connection closes after the
	// answer. If Refuse writes nothing the server answers by itself, with the status alone.
	// Default: the server does so.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, reason error)

	// HTTP2 takes a connection over that begins with the preface of HTTP/2, or whose TLS has
	// negotiated h2: the first byte to read is that of the preface. It runs in the goroutine
	// of the connection and closes it, or has somebody close it. Neither Abort nor Close
	// touches the connection any more, and ConnState is not called for it. What it gets has a
	// method NetConn, as that of tls.Conn, for the connection that was accepted. Default: the
	// preface is refused, with 505.
	HTTP2 func(net.Conn)

	// HTTP2Only has all other connections refused: their first request gets 505.
	HTTP2Only bool

	// ConnState is called when the state of a connection changes, as that of
	// http.Server is: StateNew, StateActive when the head of a request was read,
	// StateIdle, and StateHijacked or StateClosed. Default: nothing is called.
	ConnState func(net.Conn, http.ConnState)

	// ErrorLog gets the panics of handlers and their mistakes, a few lines a minute.
	// Default: they are not logged.
	ErrorLog *slog.Logger
}

const (
	defaultMaxHeadBytes = 1 << 20
	maxFields           = 1000 // header lines
)

func (c Config) withDefaults() Config {
	if c.MaxHeadBytes <= 0 {
		c.MaxHeadBytes = defaultMaxHeadBytes
	}
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	if c.ConnState == nil {
		c.ConnState = func(net.Conn, http.ConnState) {}
	}
	return c
}
