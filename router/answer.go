package router

import (
	"io"
	"net/http"
	"sync/atomic"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/router/balance"
)

// answered marks a replica's answer with what it counts as, and ties the end
// of the attempt to the end of its body.
func (r *Router) answered(resp *http.Response, c *client, endpoint *balance.Endpoint, span oteltrace.Span) {
	success := resp.StatusCode < http.StatusInternalServerError // io.l5d.http.nonRetryable5XX, the default
	value, class := "0.0", 0.0
	if success {
		value, class = "1.0", 1.0
		c.stats.success.Add(1)
		r.stats.success.Add(1)
	} else {
		c.stats.failures.Add(1)
		r.stats.failures.Add(1)
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	resp.Header[ctxhdr.SuccessClassName] = []string{value}
	r.config.Hop.Responded(span, resp, class)

	b := &body{ReadCloser: resp.Body, router: r, client: c, endpoint: endpoint, span: span}
	if b.ReadCloser == nil {
		b.ReadCloser = http.NoBody
	}
	if upgraded, ok := resp.Body.(io.ReadWriteCloser); ok {
		resp.Body = &upgradedBody{b, upgraded}
		return
	}
	resp.Body = b
}

// body is an answer's body that knows when the attempt is over: at its end, or
// when it is closed.
type body struct {
	io.ReadCloser
	router   *Router
	client   *client
	endpoint *balance.Endpoint
	span     oteltrace.Span
	over     atomic.Bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		if err == io.EOF {
			b.end(nil)
		} else {
			b.end(err)
		}
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.end(nil)
	return err
}

// end ends the attempt, once.
func (b *body) end(err error) {
	if b.over.Swap(true) {
		return
	}
	b.router.config.Hop.EndClient(b.span, err)
	b.endpoint.End()
	b.client.stats.pending.Add(-1)
	b.router.stats.pending.Add(-1)
	b.client.done()
}

// upgradedBody is the body of a 101 answer: a connection in both directions.
type upgradedBody struct {
	*body
	connection io.ReadWriteCloser
}

func (u *upgradedBody) Write(p []byte) (int, error) { return u.connection.Write(p) }

// CloseWrite ends one direction, where the connection can do that.
func (u *upgradedBody) CloseWrite() error {
	if half, ok := u.connection.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
