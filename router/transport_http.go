package router

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// HTTPTransport returns an [http.Transport] that sends every request to
// address, over HTTP/1.1, keeping connections alive between requests.
// Header names of Linkerd's own are written in lower case, as Linkerd does.
//
// Of config it can do ConnectTimeout, MaxConns (requests beyond it wait, however
// many they are), MaxIdle, IdleTimeout, SessionIdleTimeout, NoKeepAlive, Delay and TLS; a
// change of TLSVersion closes the connections that are idle. With anything else every request
// fails with the error of [CheckHTTPTransport], which tells before.
//
// Two things it cannot be kept from: it sends a GET, HEAD, OPTIONS or TRACE once
// more if a connection that had served before breaks without an answer, whatever
// the classifier says; and a request whose time is up is let go only when a Read
// of its body returns.
//
// Other than a RoundTripper at large it changes the URL and the header names
// of the requests that it is given, which the router makes for it.
func HTTPTransport(address resolve.Address, config TransportConfig) http.RoundTripper {
	if err := CheckHTTPTransport(config); err != nil {
		return failing{err}
	}
	secure := config.TLS
	target := address.AddrPort.String()
	dial, timeout := config.dial(target), cmp.Or(config.ConnectTimeout, defaultConnectTimeout)
	t := &httpTransport{target: target, version: config.TLSVersion, Transport: http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			nc, err := dial(ctx)
			if err != nil || secure == nil {
				return nc, err
			}
			// Here, and not by DialTLSContext: net/http would ask for https in the URL.
			return handshake.Client(ctx, nc, secure, config.TLSName)
		},
		DisableCompression:    true, // what the peer sent is what the caller gets
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       config.idleTimeout(),
		MaxConnsPerHost:       config.MaxConns,
		MaxIdleConnsPerHost:   cmp.Or(config.MaxIdle, defaultMaxIdle),
		Protocols:             http1Only(),
	}}
	if t.version != nil {
		t.seen.Store(t.version.Load())
	}
	return t
}

// idleTimeout is the shorter one of the two idle times, 0 if there is no limit.
func (c TransportConfig) idleTimeout() time.Duration {
	session := c.SessionIdleTimeout
	switch {
	case c.IdleTimeout == 0 && session > 0:
		return session
	case c.IdleTimeout == 0:
		return defaultIdleTimeout
	case session > 0 && (c.IdleTimeout < 0 || session < c.IdleTimeout):
		return session
	}
	return max(c.IdleTimeout, 0)
}

func http1Only() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

type httpTransport struct {
	http.Transport
	target  string
	version *atomic.Uint64 // TransportConfig.TLSVersion
	seen    atomic.Uint64  // what that was last
}

// RoundTrip owns r, its header map and its URL: the router made them.
func (t *httpTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if x := relay.FromContext(r.Context()); x != nil {
		r = r.WithContext(x.WithTrace(r.Context()))
	}
	wire.LowerNames(r.Header)
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.URL.Host = t.target // or connections would be kept apart by the hosts that requests name
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header["User-Agent"] = []string{""} // or http.Transport would add its own
	}
	if t.version != nil {
		if now := t.version.Load(); t.seen.Swap(now) != now {
			t.CloseIdleConnections()
		}
	}
	return t.Transport.RoundTrip(r)
}
