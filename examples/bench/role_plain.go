package main

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// newPlain is a bare ReverseProxy, over a transport that keeps as many
// connections as are needed: http.DefaultTransport keeps two.
func newPlain(j job) (part, error) {
	return serve(j, reverseProxy(j, tunedTransport()), func(context.Context) (*fate, error) { return nil, nil })
}

func tunedTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}
}

func reverseProxy(j job, transport http.RoundTripper) http.Handler {
	backend := &url.URL{Scheme: "http", Host: j.Backend}
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(backend) },
	}
}
