package h2client

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Config configures a [Transport]. Addr and Dial are required. Zero fields mean the defaults
// given, or no limit where no default is given.
type Config struct {
	// Addr is the host:port of the endpoint, for messages.
	Addr string

	// Dial makes a connection. It must obey ctx.
	Dial func(ctx context.Context) (net.Conn, error)

	// ConnectTimeout bounds Dial. Default: 1 s. TLS and the peer's SETTINGS have ten
	// seconds each.
	ConnectTimeout time.Duration

	// TLS makes each connection secure. Its NextProtos are replaced: "h2" is offered, or
	// with OrHTTP1 that and "http/1.1". Default: no TLS.
	TLS *tls.Config

	// TLSName is what the peer's certificate should be for, for messages. Default:
	// TLS.ServerName.
	TLSName string

	// TLSVersion, if not nil, is a number that changes when TLS makes other connections.
	// Those made before take no further request.
	TLSVersion *atomic.Uint64

	// OrHTTP1 has requests fail with [ErrHTTP1] if the peer chooses another protocol than
	// HTTP/2 in the handshake of TLS.
	OrHTTP1 bool

	// MaxConns bounds the connections, those among them that take no further request.
	MaxConns int

	// MaxWaiters bounds the requests that wait where MaxConns connections are full.
	// Negative: none waits.
	MaxWaiters int

	// IdleTimeout is how long a connection is kept without a request, if there are more
	// than MinIdle, and SessionIdleTimeout how long any is.
	IdleTimeout, SessionIdleTimeout time.Duration
	MinIdle                         int

	// KeepNone has a connection closed as soon as it has no request.
	KeepNone bool

	// MaxLifetime is the age from which a connection takes no further request.
	MaxLifetime time.Duration

	// HeaderTableBytes bounds the table that the peer's header compression may use, and
	// below 4 MiB. Default: 4 KiB.
	HeaderTableBytes int

	// StreamWindowBytes is how much of a response may be on its way, or unread. At least
	// 64 KiB, and below 4 MiB. Default: 1 MiB.
	StreamWindowBytes int

	// FrameBytes is the largest frame that the peer may send, from 16 KiB to 16 MiB.
	// Default: 16 KiB.
	FrameBytes int

	// HeaderListBytes bounds the header of a response, and its trailers, as HTTP/2 counts
	// them: names, values and 32 bytes for each. Default: 64 KiB.
	HeaderListBytes int
}

const (
	defaultConnectTimeout  = time.Second
	defaultWindow          = 1 << 20
	connectionWindow       = 4<<20 - 1 // of all streams together: the most that net/http takes
	defaultFrameBytes      = 16 << 10
	defaultHeaderListBytes = 64 << 10
	// settingsTimeout bounds the wait for the peer's SETTINGS. It is that of a handshake of
	// TLS.
	settingsTimeout = 10 * time.Second
	// pingAfter is how long nothing comes on a connection with a request before the peer
	// is asked whether it is there, and pingTimeout how long it has for an answer. Servers of
	// grpc-go end connections with more than two pings that are less than 5 minutes apart; a
	// host that is gone is found sooner by the keep-alive probes of TCP.
	pingAfter   = 5*time.Minute + 15*time.Second
	pingTimeout = 15 * time.Second
	// writeTimeout is how long the peer may take nothing of what is written. An HTTP/2 peer
	// always reads: what it does not want it bounds by flow control.
	writeTimeout = 30 * time.Second
	// continueTimeout is how long a request with "Expect: 100-continue" waits for a response
	// before its body is sent without one.
	continueTimeout = time.Second
)

// connKey is the key of the connection in the context of a dial.
type connKey struct{}

// net returns net/http's side: it makes HTTP/2 connections of those that it is given.
func (c Config) net() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true) // also with TLS, which is made here
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return ctx.Value(connKey{}).(net.Conn), nil
		},
		Protocols:              protocols,
		DisableCompression:     true, // what the peer sent is what the caller gets
		ExpectContinueTimeout:  continueTimeout,
		MaxResponseHeaderBytes: int64(cmp.Or(c.HeaderListBytes, defaultHeaderListBytes)),
		HTTP2: &http.HTTP2Config{
			MaxDecoderHeaderTableSize:     c.HeaderTableBytes,
			MaxReceiveBufferPerStream:     cmp.Or(c.StreamWindowBytes, defaultWindow),
			MaxReceiveBufferPerConnection: connectionWindow,
			MaxReadFrameSize:              cmp.Or(c.FrameBytes, defaultFrameBytes),
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingTimeout,
			WriteByteTimeout:              writeTimeout,
		},
	}
}
