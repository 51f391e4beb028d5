package h1

import (
	"errors"
	"io"
	"net/http"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/relay"
)

// outgoing is a request that is being sent. prepare writes its head, and a small body that
// is available without waiting, to the buffers.
type outgoing struct {
	method string
	x      *relay.Exchange  // may be nil
	edit   relay.HeaderEdit // nil: none

	body    io.ReadCloser // not read yet, and to be closed; nil: none
	length  int64         // of the body; -1: chunked
	trailer http.Header   // after a chunked body
	inline  int           // the bytes of the body that follow the head in the buffer
	begun   bool          // a body writer had the body

	expect     bool // the body waits for a response
	upgrade    bool // the response may be 101
	close      bool // the request says that it is the last one
	repeatable bool // it has an idempotency key
	bodyFailed bool // prepare failed in reading the body
}

// prepare checks the request and writes its head to b.
func (p *outgoing) prepare(req *http.Request, b *buffers) error {
	if req.URL == nil {
		return invalid("the request has no URL")
	}
	p.method = req.Method
	if p.method == "" {
		p.method = http.MethodGet
	}
	if err := p.measure(req); err != nil {
		return err
	}
	out, err := p.appendHead(b.out[:0], req)
	if err != nil {
		return err
	}
	b.out = out
	if p.fitsInline(req, len(out)) {
		return p.takeInline(b)
	}
	return nil
}

// measure decides how the body is framed, as net/http does.
func (p *outgoing) measure(req *http.Request) error {
	if req.Body == nil && req.ContentLength != 0 {
		return invalid("Content-Length is %d but there is no body", req.ContentLength)
	}
	if req.Body == http.NoBody {
		p.body = nil
	}
	if p.body == nil {
		return nil
	}
	if p.method == http.MethodConnect {
		return invalid("CONNECT with a body")
	}
	p.length = req.ContentLength
	if len(req.TransferEncoding) > 0 {
		if len(req.TransferEncoding) != 1 || !httpx.EqualFold(req.TransferEncoding[0], "chunked") {
			return invalid("transfer encoding %q", req.TransferEncoding)
		}
		p.length = -1
	} else if p.length <= 0 { // unknown, also with 0: see http.Request
		p.length = -1
		if usuallyWithoutBody(p.method) && p.bodyIsEmpty() {
			p.closeBody()
			p.length = 0
		}
	}
	if p.length < 0 {
		p.trailer = req.Trailer
	}
	return nil
}

// fitsInline reports whether the body is available without waiting and goes out with the
// head in one write, so that no second goroutine is needed.
func (p *outgoing) fitsInline(req *http.Request, head int) bool {
	if p.body == nil || p.length < 0 || p.expect || p.length+int64(head) > promptWrite {
		return false
	}
	if held, ok := p.body.(interface{ Len() int }); ok {
		return int64(held.Len()) >= p.length
	}
	return req.GetBody != nil // a body that can be read again is not a live stream
}

// takeInline reads the body into the buffer, after the head.
func (p *outgoing) takeInline(b *buffers) error {
	head := len(b.out)
	n := int(p.length)
	for len(b.out)-head <= n { // one byte more shows that the body is too long
		if cap(b.out) < head+n+1 {
			grown := make([]byte, len(b.out), head+n+1)
			copy(grown, b.out)
			b.out = grown
		}
		m, err := p.body.Read(b.out[len(b.out) : head+n+1])
		b.out = b.out[:len(b.out)+m]
		if err == io.EOF {
			break
		}
		if err == nil && m == 0 {
			err = io.ErrNoProgress
		}
		if err != nil {
			p.bodyFailed = true
			return err
		}
	}
	switch got := len(b.out) - head; {
	case got > n:
		p.bodyFailed = true
		return tooLong(p.length)
	case got < n:
		p.bodyFailed = true
		return tooShort(p.length)
	}
	p.inline = n
	p.closeBody()
	return nil
}

func tooLong(declared int64) error {
	return invalid("the body is longer than its Content-Length of %d", declared)
}

func tooShort(declared int64) error {
	return errors.Join(invalid("the body is shorter than its Content-Length of %d", declared), io.ErrUnexpectedEOF)
}

// failed returns the step in which prepare failed.
func (p *outgoing) failed() string {
	if p.bodyFailed {
		return relay.OpBody
	}
	return relay.OpRequest
}

func (p *outgoing) closeBody() {
	if p.body != nil {
		p.body.Close()
		p.body = nil
	}
}

// mayRepeat reports whether a request that failed on a connection which had served before
// may be sent again: see [Transport.RoundTrip].
func (p *outgoing) mayRepeat(req *http.Request, err error, onlyUnsent bool) bool {
	var e *Error
	if !errors.As(err, &e) || e.Responded || req.Context().Err() != nil {
		return false
	}
	if e.Op != relay.OpWrite && e.Op != relay.OpRead {
		return false
	}
	if !e.Wrote {
		return true
	}
	if onlyUnsent {
		return false
	}
	switch p.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return p.repeatable
}

// rewind makes the body available again. It reports whether it is.
func (p *outgoing) rewind(req *http.Request) bool {
	if !p.begun {
		return true
	}
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	if err != nil {
		return false
	}
	p.body, p.begun = body, false
	return true
}
