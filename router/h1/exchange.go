package h1

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"time"
)

// maxInformational bounds the 1xx answers before the final one.
const maxInformational = 32

// exchange sends the request and reads the head of its answer. After an error
// the connection is closed.
func (c *conn) exchange(ctx context.Context, req *http.Request, p *plan) (*http.Response, error) {
	c.start(ctx)
	p.x.Connected(c.nc, c.local, c.remote, c.reused)
	writeErr := c.send(p)
	if writeErr != nil && c.wrote == Nothing {
		c.fail()
		return nil, c.failure(OpWrite, writeErr)
	}
	resp, err := c.receive(req, p)
	if err == nil {
		return resp, nil
	}
	if ctx.Err() != nil {
		// The connection was closed for that, which made everything else fail.
	} else if writeErr != nil {
		err = c.failure(OpWrite, writeErr)
	} else if f := c.sendFailure(); f != nil && (f.op == OpBody || !c.answered) {
		err = c.failure(f.op, f.err)
	}
	c.fail()
	return nil, err
}

// send writes the head and what there is of the body. A body that is not there
// yet gets a sender, or has to wait for a 100 answer: then p.body stays.
func (c *conn) send(p *plan) error {
	out, body := c.out, p.body
	if p.inline > 0 && c.raw == nil {
		// Nothing holds what the peer does not read yet, and it need not
		// read the body before it answers.
		body = io.NopCloser(bytes.NewReader(bytes.Clone(out[len(out)-p.inline:])))
		out = out[:len(out)-p.inline]
	}
	if body != nil || c.raw == nil || len(out) > promptWrite {
		c.closeOnCancel()
	}
	c.wrote = Some
	if n, err := c.nc.Write(out); err != nil {
		if n == 0 {
			c.wrote = Nothing
		}
		if c.watch.possible && c.watch.ctx.Err() != nil {
			err = canceled(c.watch.ctx)
		}
		c.watch.limit = time.Now().Add(sendGrace) // the peer may have said why
		return err
	}
	switch {
	case body == nil:
		c.wrote = All
		p.x.Wrote()
	case p.expect:
		c.watch.limit = time.Now().Add(c.transport.config.ExpectContinueTimeout)
	default:
		c.stream(p, body)
	}
	return nil
}

// stream has the body sent.
func (c *conn) stream(p *plan, body io.ReadCloser) {
	if p.body != nil {
		p.body, p.begun = nil, true // the sender closes it
	}
	c.watch.limit = time.Time{}
	c.startBodyWriter(p, body)
}

// receive reads answers up to the head of the final one.
func (c *conn) receive(req *http.Request, p *plan) (*http.Response, error) {
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
			return c.answer(req, p, h)
		}
		if informational++; informational > maxInformational {
			return nil, c.failure(OpParse, malformed("more than %d informational responses", maxInformational))
		}
		if err := c.informational(p, h); err != nil {
			return nil, c.failure(OpRead, err)
		}
	}
}

// waiting says whether the body has not been begun for want of a 100 answer.
func (c *conn) waiting(p *plan) bool { return p.expect && p.body != nil && c.writer == nil }

// informational passes a 1xx answer on.
func (c *conn) informational(p *plan, h head) error {
	if !p.x.WantsInterim() {
		c.r += h.size
	} else {
		header := make(http.Header, len(c.fields))
		c.addFields(header, c.takeHead(h), nil)
		if err := p.x.PassInterim(h.status, textproto.MIMEHeader(header)); err != nil {
			return err
		}
	}
	if h.status == http.StatusContinue && c.waiting(p) {
		c.stream(p, p.body)
	}
	return nil
}

// failure makes the error of this exchange.
func (c *conn) failure(op string, err error) error {
	wrote := c.wrote
	if w := c.writer; w != nil && w.state.Load() == sent {
		wrote = All
	}
	return &Error{Op: op, Addr: c.transport.config.Addr, Wrote: wrote, Answered: c.answered, Reused: c.reused, Err: err}
}

// sendFailure is why the request's body could not be sent; nil: nothing known.
func (c *conn) sendFailure() *sendFailure {
	if c.writer == nil {
		return nil
	}
	return c.writer.failure.Load()
}

func readOp(err error) string {
	if errors.Is(err, ErrMalformed) || errors.Is(err, ErrTooLarge) {
		return OpParse
	}
	return OpRead
}
