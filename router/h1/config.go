package h1

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"sync/atomic"
	"time"
)

// Config configures a [Transport]. Zero fields mean the defaults given. Addr or Dial is
// required.
type Config struct {
	// Addr is the host:port that is dialled, whatever the URL of a request says.
	// If Dial is set, Addr is used in messages only.
	Addr string

	// Dial makes a connection. It must obey ctx. Default: TCP to Addr.
	Dial func(ctx context.Context) (net.Conn, error)

	// ConnectTimeout bounds Dial. Default: 1 s.
	ConnectTimeout time.Duration

	// TLS makes each connection secure once Dial has made it, within ten seconds and while
	// the request lasts. The peer is asked for no other protocol than HTTP/1.1 as long as
	// NextProtos is empty. It must not be changed afterwards. Default: no TLS.
	TLS *tls.Config

	// TLSName is what the peer's certificate should be for, for messages. Default:
	// TLS.ServerName.
	TLSName string

	// TLSVersion, if not nil, is a number that changes when TLS makes other connections, as
	// with another certificate. Those made before take no further request.
	TLSVersion *atomic.Uint64

	// OnlyUnsent stops RoundTrip from sending a request again once a byte of it was
	// written, whatever its method. The caller decides then whether it may be sent
	// twice.
	OnlyUnsent bool

	// MaxConns bounds the number of connections: those in use, idle, being made, and
	// used as a tunnel until the tunnel is closed. A request that finds none waits for
	// one, in the order of arrival and until its context ends. Default: no limit.
	MaxConns int

	// MaxWaiters bounds the number of requests that wait for one of MaxConns. A further
	// request fails with [ErrTooManyWaiters]. A waiting request holds about 12 KiB.
	// Negative: no request waits. Default: no limit.
	MaxWaiters int

	// MaxIdle is the number of idle connections that are kept for later requests. A
	// connection beyond that is closed when its exchange ends. Negative: none is
	// kept. Default: 1024.
	MaxIdle int

	// MinIdle is the number of idle connections that IdleTimeout does not close. No
	// connections are made to reach that number. Default: 0.
	MinIdle int

	// IdleTimeout is how long an idle connection is kept. Negative: for ever.
	// Default: 90 s, or SessionIdleTimeout if that is set.
	IdleTimeout time.Duration

	// SessionIdleTimeout is how long any idle connection is kept, including those of
	// MinIdle. The shorter of both timeouts counts. Default: no limit.
	SessionIdleTimeout time.Duration

	// MaxLifetime is the age from which a connection takes no further
	// request. Default: no limit.
	MaxLifetime time.Duration

	// ReadTimeout closes a connection from which nothing was read for so long, whether it is
	// idle, waits for a response, or is a tunnel. Default: no
	// limit.
	ReadTimeout time.Duration

	// WriteTimeout fails a write that the connection does not take within that time: the head
	// of a request, 32 KiB of its body, or one Write to a tunnel. Default: no limit.
	WriteTimeout time.Duration

	// MaxHeaderBytes bounds the head of a response, from the status line to the
	// empty line, and its trailer section. Default: 64 KiB.
	MaxHeaderBytes int

	// MaxHeaders bounds the number of header lines of a response, and of its trailer
	// section. Default: 256.
	MaxHeaders int

	// ExpectContinueTimeout is how long a request with "Expect: 100-continue"
	// waits for a response before its body is sent without one. Default: 1 s.
	ExpectContinueTimeout time.Duration
}

const (
	defaultConnectTimeout        = time.Second
	defaultMaxIdle               = 1024
	defaultIdleTimeout           = 90 * time.Second
	defaultMaxHeaderBytes        = 64 << 10
	defaultMaxHeaders            = 256
	defaultExpectContinueTimeout = time.Second
)

func (c Config) withDefaults() (Config, error) {
	if c.Dial == nil {
		if c.Addr == "" {
			return c, fmt.Errorf("h1: Config needs Addr or Dial")
		}
		if _, _, err := net.SplitHostPort(c.Addr); err != nil {
			return c, fmt.Errorf("h1: Config.Addr: %w", err)
		}
		addr := c.Addr
		c.Dial = func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", addr)
		}
	}
	if c.MaxLifetime < 0 || c.MaxHeaderBytes < 0 || c.MaxHeaders < 0 || c.ConnectTimeout < 0 || c.ExpectContinueTimeout < 0 ||
		c.MaxConns < 0 || c.MinIdle < 0 || c.SessionIdleTimeout < 0 || c.ReadTimeout < 0 || c.WriteTimeout < 0 {
		return c, fmt.Errorf("h1: Config for %s has a negative limit", c.Addr)
	}
	if r := c.ReadTimeout; r > 0 && (c.SessionIdleTimeout <= 0 || r < c.SessionIdleTimeout) {
		c.SessionIdleTimeout = r // nothing is read from an idle connection
	}
	if s := c.SessionIdleTimeout; s > 0 && (c.IdleTimeout <= 0 || s < c.IdleTimeout) {
		c.IdleTimeout = s
	}
	setDefault(&c.ConnectTimeout, defaultConnectTimeout)
	setDefault(&c.MaxWaiters, math.MaxInt)
	setDefault(&c.MaxIdle, defaultMaxIdle)
	setDefault(&c.IdleTimeout, defaultIdleTimeout)
	setDefault(&c.MaxHeaderBytes, defaultMaxHeaderBytes)
	setDefault(&c.MaxHeaders, defaultMaxHeaders)
	setDefault(&c.ExpectContinueTimeout, defaultExpectContinueTimeout)
	return c, nil
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
