package router

import (
	"errors"
	"io"
	"net/http"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// follow makes the attempt the body of its response: the attempt has ended when the
// body ends, breaks off or is closed. Without a body it has ended now, and the body is
// http.NoBody, which need not be closed.
func (a *attempt) follow(resp *http.Response) {
	a.resp = resp
	if resp.Body == nil || resp.Body == http.NoBody {
		resp.Body = http.NoBody
		a.finished()
		return
	}
	a.from = resp.Body
	b := (*responseBody)(a)
	switch from := a.from.(type) {
	case io.ReadWriteCloser:
		resp.Body = &upgradedBody{b, from}
	case relay.Body:
		resp.Body = copiedBody{b}
	default:
		resp.Body = b
	}
}

// responseBody is an attempt as the body of its response.
type responseBody attempt

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.received.Add(int64(n))
	b.ended(err)
	return n, err
}

// ended notes the error of a read.
func (b *responseBody) ended(err error) {
	a := (*attempt)(b)
	switch {
	case err == nil:
	case err == io.EOF:
		a.finished()
	case a.ctx.Err() != nil, requestBroke(err):
		a.end(endLeft, err)
	default:
		a.end(endBroke, err)
	}
}

// requestBroke reports whether a response ended because the body of its request broke off,
// which is how a client that leaves in the middle of a stream is often noticed first.
func requestBroke(err error) bool {
	if two := (*h2client.Error)(nil); errors.As(err, &two) {
		return two.Op == relay.OpBody
	}
	one := (*h1.Error)(nil)
	return errors.As(err, &one) && one.Op == relay.OpBody
}

// finished ends an attempt whose response has come to its end.
func (a *attempt) finished() {
	if !a.over.Load() {
		a.atEOF = true
	}
	a.end(endAnswered, nil)
}

func (b *responseBody) Close() error {
	err := b.from.Close()
	(*attempt)(b).end(endAnswered, nil)
	return err
}

// copiedBody is a body whose transport can copy it without reads into a buffer, such
// as from one socket to the other.
type copiedBody struct{ *responseBody }

// WriteTo returns a [*relay.WriteError] if the writer failed and not the response.
func (c copiedBody) WriteTo(to io.Writer) (int64, error) {
	n, response, writer := c.from.(relay.Body).CopyTo(to)
	c.received.Add(n)
	if writer != nil {
		(*attempt)(c.responseBody).end(endLeft, nil) // the endpoint is not to blame
		return n, &relay.WriteError{Err: writer}
	}
	if response == nil {
		response = io.EOF
	}
	if c.ended(response); response == io.EOF {
		response = nil
	}
	return n, response
}

// upgradedBody is the body of a 101 response: a connection in both directions.
type upgradedBody struct {
	*responseBody
	connection io.ReadWriteCloser
}

func (u *upgradedBody) Write(p []byte) (int, error) { return u.connection.Write(p) }

// CloseWrite closes the direction to the endpoint, if the connection supports it.
func (u *upgradedBody) CloseWrite() error { return httpx.HalfClose(u.connection) }
