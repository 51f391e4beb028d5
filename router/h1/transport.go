package h1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/traffic"
)

// A Transport is an [http.RoundTripper] that speaks HTTP/1.1, over TCP or TLS, to
// one endpoint. Any number of goroutines may use it.
//
// As with any RoundTripper, the caller must not modify the request during the exchange,
// and must read the body of the response to its end or close it.
type Transport struct {
	config   Config
	pool     pool
	silences silences
	buffers  sync.Pool // *buffers
	bulk     sync.Pool // *[bulkSize]byte
}

// New returns a transport. It starts nothing: connections are made when requests need
// them.
func New(config Config) (*Transport, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &Transport{config: config}
	t.silences.read, t.silences.write = config.ReadTimeout, config.WriteTimeout
	t.pool.made = time.Now()
	t.pool.idleTimeout, t.pool.sessionIdle, t.pool.lifetime = config.IdleTimeout, config.SessionIdleTimeout, config.MaxLifetime
	t.pool.minIdle, t.pool.maxIdle = config.MinIdle, config.MaxIdle
	t.pool.maxConns, t.pool.maxWaiters = config.MaxConns, config.MaxWaiters
	t.pool.refusal = fmt.Errorf("%w (%d, with %d connections in use)", ErrTooManyWaiters, max(config.MaxWaiters, 0), config.MaxConns)
	return t, nil
}

// CloseIdleConnections closes the idle connections.
func (t *Transport) CloseIdleConnections() { t.pool.closeIdle(false) }

// Close closes the idle connections. Connections in use are closed when their exchange
// ends. Later requests, and those that wait for a connection, fail. Close
// does not wait, because an exchange runs on the goroutine of its caller.
func (t *Transport) Close() error {
	t.pool.closeIdle(true)
	return nil
}

// RoundTrip sends the request and returns the head of the response. The body is read from
// the connection as the caller reads it. Errors are of type *[Error].
//
// The scheme and the host of the URL do not decide where the request goes, only
// Config.Addr does. The URL's host is written as Host if the request has none. Header
// names are written as they are in the map, but those that start with "L5d-" or "X-B3-",
// B3, Traceparent and Tracestate are written in lower case. A request that package proxy
// passes on keeps the case of names that came, and their order. Only Host, Content-Length,
// Transfer-Encoding, Trailer and, for Request.Close, Connection are added.
//
// RoundTrip sends a request again, once and on a new connection, if the connection had
// served a request before, the body is still available, and one of these is true:
//   - not a byte of the request was written;
//   - not a byte of a response came before the connection broke, and the request is
//     idempotent in the sense of [http.Transport]: its method is GET, HEAD, OPTIONS or
//     TRACE, or it has an Idempotency-Key or X-Idempotency-Key header. With
//     Config.OnlyUnsent this does not count.
//
// A body is available if it was small and in memory, if it was not read yet, or by
// GetBody.
//
// Of a [httptrace.ClientTrace] in the request's context, GotConn, WroteRequest,
// GotFirstResponseByte and Got1xxResponse are called.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x := relay.FromContext(req.Context())
	if x == nil {
		if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
			x = &relay.Exchange{Trace: trace}
		}
	}
	return t.Send(req, x)
}

// Send is RoundTrip for a proxy of this module. The exchange, which may be nil, says what a
// request cannot: how the header that is written differs, and which map gets that of the
// response.
func (t *Transport) Send(req *http.Request, x *relay.Exchange) (*http.Response, error) {
	b := t.getBuffers()
	ctx := req.Context()
	p := outgoing{body: req.Body, x: x}
	if x != nil {
		p.edit = x.Edit
	}
	if err := p.prepare(req, b); err != nil {
		t.putBuffers(b)
		p.closeBody()
		return nil, t.failure(p.failed(), err)
	}
	c, err := t.connection(ctx, x != nil && x.Fresh)
	for err == nil {
		c.reused, c.used = c.used, true
		c.account.exchanges++
		c.buffers = b
		var resp *http.Response
		if resp, err = c.exchange(ctx, req, &p); err == nil {
			return resp, nil
		}
		b.reset()
		if !c.reused || !p.mayRepeat(req, err, t.config.OnlyUnsent) || !p.rewind(req) {
			t.pool.releaseSlot()
			break
		}
		c, err = t.connect(ctx) // in the slot of the one that failed; not reused, so this was once
	}
	t.putBuffers(b)
	p.closeBody()
	return nil, err
}

// connection takes a connection from the pool or makes one. With fresh it makes one.
func (t *Transport) connection(ctx context.Context, fresh bool) (*conn, error) {
	if ctx.Err() != nil {
		return nil, t.failure(relay.OpConnect, canceled(ctx))
	}
	switch c, err := t.pool.get(ctx); {
	case err == errClosed:
		return nil, t.failure(relay.OpConnect, err)
	case err != nil:
		return nil, t.failure(relay.OpWait, err)
	case c != nil && fresh:
		t.pool.closeConn(c) // the new one gets its slot
	case c != nil:
		return c, nil
	}
	return t.connect(ctx)
}

// connect makes a connection. The caller holds a slot of the pool, which the connection
// gets.
func (t *Transport) connect(ctx context.Context) (*conn, error) {
	dialCtx, cancel := context.WithTimeoutCause(ctx, t.config.ConnectTimeout, errConnectTimeout)
	defer cancel()
	began, version := time.Now(), t.tlsVersion() // before the handshake
	nc, err := t.config.Dial(dialCtx)
	var below *traffic.Wire
	if err == nil {
		nc = t.silences.limit(nc)
	}
	if err == nil && t.config.TLS != nil {
		nc, below, err = t.secure(ctx, nc)
	}
	now := time.Now()
	if err == nil {
		t.pool.connects.Add(1)
		t.dialed(now, began, traffic.Connected)
		return newConn(t, nc, below, version, now), nil
	}
	t.pool.releaseSlot()
	if ctx.Err() != nil {
		t.dialed(now, began, traffic.Cancelled)
		return nil, t.failure(relay.OpConnect, canceled(ctx))
	}
	t.pool.connectFailures.Add(1)
	t.dialed(now, began, traffic.Failed)
	if context.Cause(dialCtx) == errConnectTimeout && errors.Is(err, context.DeadlineExceeded) {
		err = errConnectTimeout
	}
	return nil, t.failure(relay.OpConnect, err)
}

// failure returns the error of a request that had no connection.
func (t *Transport) failure(op string, err error) error {
	return &Error{Op: op, Addr: t.config.Addr, Err: err}
}

var errConnectTimeout error = connectTimeout{}

// connectTimeout is a net.Error.
type connectTimeout struct{}

func (connectTimeout) Error() string   { return "no connection within ConnectTimeout" }
func (connectTimeout) Timeout() bool   { return true }
func (connectTimeout) Temporary() bool { return true }
