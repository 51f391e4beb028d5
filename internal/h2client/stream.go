package h2client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
)

// stream is one request and its response. It becomes the body of the response.
type stream struct {
	conn   *conn
	addr   string
	reused bool
	ctx    context.Context // the caller's
	cancel context.CancelFunc
	trace  httptrace.ClientTrace
	body   requestBody
	began  atomic.Bool // a byte of a response came
	over   atomic.Bool
	from   io.ReadCloser // the body of the response
}

// send sends the request on its connection, of which it has a stream.
func (s *stream) send(req *http.Request, x *relay.Exchange) (*http.Response, error) {
	s.ctx = req.Context()
	s.trace.GotFirstResponseByte = func() {
		s.began.Store(true)
		x.Began()
	}
	if x != nil {
		s.trace.WroteRequest = func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				x.Wrote()
			}
		}
		if x.WantsInterim() {
			interim := 0
			s.trace.Got1xxResponse = func(code int, header textproto.MIMEHeader) error {
				if interim++; interim > maxInterim {
					return errInterim
				}
				return x.PassInterim(code, header)
			}
		}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.cancel = cancel
	sent := req.WithContext(httptrace.WithClientTrace(ctx, &s.trace))
	if hasBody(req) {
		s.body = requestBody{ReadCloser: req.Body, stream: s}
		sent.Body = &s.body
	}
	resp, err := s.conn.cc.RoundTrip(sent)
	if err != nil {
		s.end()
		return nil, s.failure(relay.OpRead, err)
	}
	if resp.Request = req; isEmpty(resp, req.Method) {
		s.end()
		resp.Body = http.NoBody
		return resp, nil
	}
	s.from, resp.Body = resp.Body, s
	return resp, nil
}

// maxInterim bounds the 1xx responses to a request, as in package h1.
const maxInterim = 32

// isEmpty reports whether a response has ended with its head. Of one that says
// "content-length: 0" that is not known: trailers may follow.
func isEmpty(resp *http.Response, method string) bool {
	switch resp.StatusCode {
	case http.StatusNoContent, http.StatusNotModified:
		return true
	}
	return method == http.MethodHead || resp.ContentLength == 0 && resp.Header["Content-Length"] == nil
}

// failure returns the error of a request that had a stream.
func (s *stream) failure(op string, err error) error {
	if isOver(s.ctx, err) {
		return &Error{Op: op, Addr: s.addr, Responded: s.began.Load(), Reused: s.reused, Err: canceled(s.ctx)}
	}
	e := &Error{Op: op, Addr: s.addr, Responded: s.began.Load(), Reused: s.reused}
	if own := s.body.err.Load(); own != nil && op == relay.OpRead && errors.Is(err, *own) {
		e.Op, e.Err = relay.OpBody, *own
		return e
	}
	e.Err, e.Unprocessed = causeOf(err)
	if op == relay.OpRead && isMalformed(err) {
		e.Op = relay.OpParse
	}
	e.Unprocessed = e.Unprocessed && op == relay.OpRead && !e.Responded
	return e
}

// end gives the stream back. If it has not ended, the peer is told (CANCEL).
func (s *stream) end() {
	if s.over.Swap(true) {
		return
	}
	s.cancel()
	s.conn.release()
}

// Read reads the body of the response.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	switch {
	case err == io.EOF:
		s.end()
	case err != nil:
		if !s.over.Load() {
			err = s.failure(relay.OpResponseBody, err)
		}
		s.end()
	default:
		s.conn.tellSome()
	}
	return n, err
}

// Close ends the stream. It waits for nobody: net/http's would for a Read of the request's
// body.
func (s *stream) Close() error {
	s.end()
	return s.from.Close()
}

// requestBody is the body of the request, as net/http reads it.
type requestBody struct {
	io.ReadCloser
	stream  *stream
	reading atomic.Bool
	closed  atomic.Bool
	err     atomic.Pointer[error] // why reading it failed
}

// Read reads, and notes why it cannot.
func (b *requestBody) Read(p []byte) (int, error) {
	b.reading.Store(true)
	defer b.reading.Store(false)
	if b.closed.Load() { // or Close has not seen this Read
		return 0, errBodyClosed
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.err.CompareAndSwap(nil, &err)
	}
	b.stream.conn.tellSome()
	return n, err
}

// letGo is how long a Read of a request's body may last once its stream has failed.
const letGo = 5 * time.Millisecond

// Close is called when net/http wants no more of it, which is before anybody else knows that
// a stream has failed. It waits for a Read then, which a caller that sends nothing does not
// end: RoundTrip must not, and is told by then why the stream has failed. With a response the
// stream goes on, and is left alone.
func (b *requestBody) Close() error {
	b.closed.Store(true)
	if b.reading.Load() && !b.stream.began.Load() {
		time.AfterFunc(letGo, b.stream.cancel)
	}
	return b.ReadCloser.Close()
}
