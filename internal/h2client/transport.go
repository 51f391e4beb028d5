package h2client

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/traffic"
)

// A Transport is an [http.RoundTripper] that speaks HTTP/2, over TCP or TLS, to one endpoint.
// Any number of goroutines may use it.
//
// As with any RoundTripper, the caller must not modify the request during the exchange, and
// must read the body of the response to its end or close it.
type Transport struct {
	config   Config
	net      *http.Transport
	scheme   string
	observer traffic.Client // nil: nobody
	pool     pool
}

// New returns a transport. It starts nothing: connections are made when requests need them.
func New(config Config) *Transport {
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, defaultConnectTimeout)
	t := &Transport{config: config, net: config.net(), scheme: "http"}
	if config.TLS != nil {
		t.scheme = "https"
		t.config.TLS = config.TLS.Clone()
		t.config.TLS.NextProtos = []string{"h2"}
		if config.OrHTTP1 {
			t.config.TLS.NextProtos = []string{"h2", "http/1.1"}
		}
	}
	t.pool.init(t)
	return t
}

// Observe has the transport tell of its connections from now on. It must be called before the
// first request, if at all.
func (t *Transport) Observe(by traffic.Client) { t.observer = by }

// CloseIdleConnections closes the connections that have no request. Those that have are
// closed when it ends.
func (t *Transport) CloseIdleConnections() { t.pool.closeIdle(false) }

// Close is CloseIdleConnections, and later requests fail, and those that wait for a
// connection.
func (t *Transport) Close() error {
	t.pool.closeIdle(true)
	return nil
}

// RoundTrip sends the request and returns the head of the response. Errors are of type
// *[Error].
//
// The scheme and the host of the URL do not decide where the request goes. Fields of the
// header that concern one connection are left out (RFC 9113 section 8.2.2), but for "TE:
// trailers". A request that asks for an upgrade fails.
//
// Nothing is sent again: Error.Unprocessed says what may be.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x := relay.FromContext(req.Context())
	own := req.WithContext(req.Context())
	own.Header = req.Header.Clone()
	if own.Header == nil {
		own.Header = http.Header{}
	}
	u := url.URL{}
	if req.URL != nil {
		u = *req.URL
	}
	own.URL = &u
	return t.Send(own, x)
}

// Send is RoundTrip for the router, which gives the request, its header and its URL away. The
// exchange may be nil.
func (t *Transport) Send(req *http.Request, x *relay.Exchange) (*http.Response, error) {
	ctx := req.Context()
	if err := t.prepare(req, x); err != nil {
		closeBody(req)
		return nil, t.failure(relay.OpRequest, err)
	}
	got := t.pool.take(ctx)
	if got.err != nil {
		closeBody(req)
		return nil, got.err
	}
	c := got.conn
	x.Connected(c.nc, &c.ends, got.reused)
	if x == nil {
		if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
			trace.GotConn(httptrace.GotConnInfo{Conn: c.nc, Reused: got.reused})
		}
	}
	s := &stream{conn: c, addr: t.config.Addr, reused: got.reused}
	return s.send(req, x)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// hasBody is as net/http sees it.
func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

// isOver reports whether the request's context is why it failed.
func isOver(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}
