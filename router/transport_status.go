package router

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/meshhop/meshhop/resolve"
)

// transport makes the client for one endpoint.
func (r *Router) transport(address resolve.Address, config TransportConfig) http.RoundTripper {
	if address.Status != 0 {
		return statusTransport(address.Status)
	}
	return r.config.NewTransport(address, config)
}

// statusTransport is the transport of a replica that is a status: it answers
// every request with it, with an empty body.
type statusTransport int

func (s statusTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := skipBody(r); err != nil {
		return nil, err
	}
	header := http.Header{}
	if s != http.StatusNoContent && s != http.StatusNotModified { // which have no body to begin with
		header["Content-Length"] = []string{"0"}
	}
	return &http.Response{
		Status:     strconv.Itoa(int(s)) + " " + http.StatusText(int(s)),
		StatusCode: int(s),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     header,
		Body:       http.NoBody,
		Request:    r,
	}, nil
}

// maxSkipped is up to how many bytes of a request nobody wants are waited for.
const maxSkipped = 64 << 10

// skipBody reads a short body that is on its way: the caller's connection can
// be used again after that. For a long one, or one whose caller asked first, it
// is closed unread. It fails when the time for the request is up.
func skipBody(r *http.Request) error {
	if r.Body == nil || r.ContentLength <= 0 || r.ContentLength > maxSkipped || r.Header["Expect"] != nil {
		closeBody(r)
		return nil
	}
	skipped := make(chan struct{})
	go func() {
		defer close(skipped)
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength)
		r.Body.Close()
	}()
	select {
	case <-skipped:
		return nil
	case <-r.Context().Done():
		// Close is what ends the Read of a pipe; that of a request being served
		// waits for it.
		go r.Body.Close()
		return context.Cause(r.Context())
	}
}
