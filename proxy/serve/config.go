package serve

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// Config says how a [Server] treats connections. Zero fields mean the
// defaults.
type Config struct {
	// Engine is who speaks HTTP on the connections. Default: H1.
	Engine Engine

	// Protocols are those that the server speaks: HTTP/1.1, HTTP/2 by TLS, and HTTP/2 in the
	// clear by prior knowledge, which is what a connection begins with. By TLS a connection
	// speaks what ALPN has negotiated, or what it begins with. Requests of HTTP/1 are refused
	// with 505 where HTTP/1.1 is not among them, and so is the preface of HTTP/2 where that
	// is not. Default: HTTP/1.1.
	Protocols http.Protocols

	// HTTP2 has the bounds of HTTP/2.
	HTTP2 HTTP2

	// TLS has the server speak TLS, as it says, and nothing else: a client that sends HTTP
	// in the clear is told so with 400. A handshake has ten seconds. NextProtos must not
	// have another protocol than http/1.1; with HTTP/2 the server sets it. It must not be
	// changed afterwards; see [Server.ReplaceTLS]. Default: no TLS.
	TLS *tls.Config

	// ReadHeaderTimeout bounds the arrival of a request's head, from its
	// first byte on, and the wait for the first byte on a new connection. A head that
	// is late gets 408 (with NetHTTP no answer).
	// Default 30 s; negative: no limit. This limit and the next four are enforced
	// to within a twentieth of the shortest of them, or a second if that is less.
	ReadHeaderTimeout time.Duration

	// IdleTimeout is how long a connection is kept open without a request after
	// its first one. Default 100 s, because clients should be the first to close:
	// most clients in Go keep a connection for 90 s, and a client that sends a
	// request at the moment in which the server closes has to send it again.
	// Negative: no limit.
	IdleTimeout time.Duration

	// MaxLifetime is the age from which a connection is closed: after the response to its
	// next request, which asks the client to close it, or when it has been idle for a
	// second. Default: no limit.
	MaxLifetime time.Duration

	// BodyTimeout is how long the handler, or the server, waits for more of a
	// request's body while it reads it. After that the read fails with
	// os.ErrDeadlineExceeded; proxy.Handler then responds with 408. Over HTTP/2 that is so
	// until the response begins, and calls of gRPC have no limit. Default 60 s;
	// negative: no limit.
	BodyTimeout time.Duration

	// ResponseTimeout is how long a write to the client may make no progress; after
	// that the connection is reset, or the stream of HTTP/2 if the client takes others.
	// Default 60 s; negative: no limit. The time in
	// which the handler writes nothing does not count, and upgraded connections
	// have no limit.
	ResponseTimeout time.Duration

	// MaxConnections is how many connections may be open at the same time. To
	// accept one more, the server closes the one that has been idle for longest;
	// if none is idle, the new one waits until another ends. Default: a quarter of
	// the descriptors that the process may have when the server is made, but at
	// least 64; negative: no limit.
	MaxConnections int

	// MaxHeadBytes bounds the request line and the header lines together. A longer
	// head gets 431 and the connection is closed. It should exceed the sum of the
	// handler's own bounds, whose responses say more exactly what is too long.
	// Default 1 MiB.
	MaxHeadBytes int

	// Socket has the options of the sockets that concern accepted connections. Its Listen
	// makes a listener with the others.
	Socket SocketOptions

	// SoleListeners says that no other process has the sockets of the listeners,
	// for example because it inherited them. On Linux a drain then refuses new
	// connections before it closes the listener, so that none is lost. Without it,
	// and on other systems, a connection that is made in the microseconds before
	// the close is reset.
	SoleListeners bool

	// Observer is told of connections and requests, beside what [Server.Traffic] counts.
	// It is for the packages of this module.
	Observer traffic.Server

	// ErrorLog gets the errors of connections that fail below HTTP, and the panics
	// of handlers. Default: they are not logged.
	ErrorLog *slog.Logger
}
