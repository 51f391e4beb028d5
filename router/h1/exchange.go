package h1

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"time"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/relay"
)

// maxInformational bounds the number of 1xx responses before the final one.
const maxInformational = 32

// exchange sends the request and reads the head of the response. After an error the
// connection is closed.
func (c *conn) exchange(ctx context.Context, req *http.Request, p *outgoing) (*http.Response, error) {
	c.start(ctx)
	p.x.Connected(c.nc, &c.ends, c.reused)
	writeErr := c.send(p)
	if writeErr != nil && c.wrote == nothing {
		c.fail()
		return nil, c.failure(relay.OpWrite, writeErr)
	}
	resp, err := c.receive(req, p)
	if err == nil {
		return resp, nil
	}
	if ctx.Err() != nil {
		// The connection was closed because of that, and all else failed.
	} else if writeErr != nil {
		err = c.failure(relay.OpWrite, writeErr)
	} else if f := c.sendFailure(); f != nil && (f.op == relay.OpBody || !c.responded) {
		err = c.failure(f.op, f.err)
	}
	c.fail()
	return nil, err
}

// send writes the head and a body that follows it in the buffer. Any other body gets a body
// writer, or waits for a 100 response: then p.body stays.
func (c *conn) send(p *outgoing) error {
	out, body := c.out, p.body
	if p.inline > 0 && c.raw == nil {
		// The connection may have no buffer, and the peer need not read the body
		// before it responds.
		body = io.NopCloser(bytes.NewReader(bytes.Clone(out[len(out)-p.inline:])))
		out = out[:len(out)-p.inline]
	}
	if body != nil || c.raw == nil || len(out) > promptWrite {
		c.closeOnCancel()
	}
	c.wrote = some
	n, err := c.nc.Write(out)
	c.account.Wrote(n)
	if err != nil {
		if n == 0 {
			c.wrote = nothing
		}
		if c.watch.possible && c.watch.ctx.Err() != nil {
			err = canceled(c.watch.ctx)
		}
		c.watch.limit = time.Now().Add(sendGrace) // the peer may have said why
		return err
	}
	switch {
	case body == nil:
		c.wrote = all
		p.x.Wrote()
	case p.expect:
		c.watch.limit = time.Now().Add(c.transport.config.ExpectContinueTimeout)
	default:
		c.stream(p, body)
	}
	return nil
}

// stream starts to write the body.
func (c *conn) stream(p *outgoing, body io.ReadCloser) {
	if p.body != nil {
		p.body, p.begun = nil, true // the body writer closes it
	}
	c.watch.limit = time.Time{}
	c.startBodyWriter(p, body)
}

// receive reads responses up to the head of the final one.
func (c *conn) receive(req *http.Request, p *outgoing) (*http.Response, error) {
	for informational := 0; ; {
		h, err := c.readHead(p.x)
		if err == errLimit && c.waiting(p) {
			c.stream(p, p.body)
			continue
		}
		if err != nil {
			return nil, c.failure(readOp(err), err)
		}
		if h.status >= 200 || h.status == http.StatusSwitchingProtocols {
			return c.response(req, p, h)
		}
		if informational++; informational > maxInformational {
			return nil, c.failure(relay.OpParse, h1wire.Malformed("more than %d informational responses", maxInformational))
		}
		if err := c.informational(p, h); err != nil {
			return nil, c.failure(relay.OpRead, err)
		}
	}
}

// waiting reports whether the body still waits for a 100 response.
func (c *conn) waiting(p *outgoing) bool { return p.expect && p.body != nil && c.writer == nil }

// informational passes a 1xx response on.
func (c *conn) informational(p *outgoing, h head) error {
	if !p.x.WantsInterim() {
		c.R += h.size
	} else {
		header := make(http.Header, len(c.fields))
		c.fields.AddTo(header, c.takeHead(h), h1wire.OmitNone, nil)
		if err := p.x.PassInterim(h.status, textproto.MIMEHeader(header)); err != nil {
			return err
		}
	}
	if h.status == http.StatusContinue && c.waiting(p) {
		c.stream(p, p.body)
	}
	return nil
}

// failure returns an error of this exchange.
func (c *conn) failure(op string, err error) error {
	written := c.wrote
	if w := c.writer; w != nil && w.state.Load() == sent {
		written = all
	}
	return &Error{
		Op: op, Addr: c.transport.config.Addr, Wrote: written != nothing, WroteAll: written == all,
		Responded: c.responded, Reused: c.reused, Err: err,
	}
}

// sendFailure returns why the request's body could not be sent, or nil if no failure is
// known.
func (c *conn) sendFailure() *sendFailure {
	if c.writer == nil {
		return nil
	}
	return c.writer.failure.Load()
}

func readOp(err error) string {
	if errors.Is(err, h1wire.ErrMalformed) || errors.Is(err, h1wire.ErrTooLarge) {
		return relay.OpParse
	}
	return relay.OpRead
}
