package router

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
)

// HTTPTransport returns an [http.Transport] that sends every request to
// address, over plain HTTP/1.1, keeping connections alive between requests.
// Header names of Linkerd's own are written in lower case, as Linkerd does.
// connectTimeout bounds the making of a connection.
//
// Other than a RoundTripper at large it changes the URL and the header names
// of the requests that it is given, which the router makes for it.
func HTTPTransport(address resolve.Address, connectTimeout time.Duration) http.RoundTripper {
	dialer := &net.Dialer{Timeout: connectTimeout}
	target := address.AddrPort.String()
	return &httpTransport{target: target, Transport: http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", target)
		},
		DisableCompression:    true, // what the peer sent is what the caller gets
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   1024,
		Protocols:             http1Only(),
	}}
}

func http1Only() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

type httpTransport struct {
	http.Transport
	target string
}

// RoundTrip owns r, its header map and its URL: dispatch made them.
func (t *httpTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctxhdr.LowerNames(r.Header)
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.URL.Host = t.target // or connections would be kept apart by the hosts that requests name
	return t.Transport.RoundTrip(r)
}
