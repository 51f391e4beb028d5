package k8stest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// RoundTrip answers a request without a socket, as it comes: a watch's body can
// be read while the watch goes on.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	read, write := io.Pipe()
	w := &answer{header: http.Header{}, body: write, began: make(chan struct{})}
	ctx, cancel := context.WithCancel(r.Context())
	r = r.Clone(ctx)
	r.Host = r.URL.Host
	go func() {
		err := io.EOF
		defer func() {
			if what := recover(); what == http.ErrAbortHandler {
				err = io.ErrUnexpectedEOF
			} else if what != nil {
				panic(what)
			}
			w.WriteHeader(http.StatusOK)
			write.CloseWithError(err)
		}()
		s.ServeHTTP(w, r)
	}()
	select {
	case <-w.began:
	case <-r.Context().Done():
		cancel()
		read.CloseWithError(r.Context().Err())
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: w.code, Status: http.StatusText(w.code), Header: w.header, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1, Body: body{read, cancel},
	}, nil
}

var errClosed = errors.New("k8stest: the body is closed")

// body ends the handler when it is closed.
type body struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b body) Close() error {
	b.cancel()
	return b.CloseWithError(errClosed)
}

// answer is the handler's side.
type answer struct {
	header http.Header
	body   *io.PipeWriter
	once   sync.Once
	began  chan struct{}
	code   int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) {
	a.once.Do(func() {
		a.code = code
		close(a.began)
	})
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }
