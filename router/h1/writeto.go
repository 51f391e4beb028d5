package h1

import (
	"errors"
	"io"
	"os"

	"github.com/meshhop/meshhop/internal/relay"
)

// WriteTo writes the body to w. It uses w's ReadFrom for long runs of bytes, so that the
// kernel moves them if w is a TCP connection as well: a net.TCPConn, or the
// ResponseWriter of net/http. An error of the response is an [*Error], as it is from
// Read. Any other error is of w.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	n, response, writer := b.CopyTo(w)
	if response != nil {
		return n, response
	}
	return n, writer
}

// CopyTo is like WriteTo. It returns the error of the response or that of the writer: at
// most one of them is not nil.
func (b *body) CopyTo(w io.Writer) (n int64, response, writer error) {
	err := b.acquire()
	if err == nil {
		n, err, writer = b.copyTo(w)
		if writer != nil {
			_ = b.release(writer)
			return n, nil, writer
		}
		err = b.release(err)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err, nil
}

var _ relay.Body = (*body)(nil)

// copyTo copies up to the end of the body and returns io.EOF there.
func (b *body) copyTo(w io.Writer) (total int64, response, writer error) {
	c := b.c
	var bulk *[bulkSize]byte
	defer func() {
		if bulk != nil {
			c.transport.bulk.Put(bulk)
		}
	}()
	for {
		left, err := b.next()
		if err != nil {
			return total, err, nil
		}
		piece := c.Buffered()
		switch {
		case len(piece) > 0:
			piece = piece[:min(left, int64(len(piece)))]
			c.R += len(piece)
		case left >= minSplice && !b.noSplice && c.tcp != nil && c.canPeek():
			if to, ok := w.(io.ReaderFrom); ok {
				n, response, writer := b.splice(to, left)
				total += n
				if response != nil || writer != nil {
					return total, response, writer
				}
				continue
			}
			fallthrough
		case left > inSize:
			if bulk == nil {
				bulk = c.transport.getBulk()
			}
			n, err := c.read(bulk[:min(c.directLimit(left), bulkSize)])
			if err != nil {
				return total, b.readError(err), nil
			}
			piece = bulk[:n]
		default:
			if err := c.Fill(0); err != nil {
				return total, b.readError(err), nil
			}
			continue
		}
		b.advance(len(piece))
		n, err := w.Write(piece)
		total += int64(n)
		if err == nil && n < len(piece) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return total, nil, err
		}
	}
}

// splice moves the next left bytes of the body. An error of ReadFrom may be of either
// side. It is of the response if the connection was reset, because the end of the
// connection is not an error to ReadFrom.
func (b *body) splice(to io.ReaderFrom, left int64) (n int64, response, writer error) {
	c := b.c
	c.closeOnCancel() // ReadFrom does not renew deadlines
	if err := c.beforeRead(); err != nil {
		return 0, b.readError(err), nil
	}
	n, err := to.ReadFrom(&io.LimitedReader{R: c.tcp, N: left})
	c.account.Copied(n, 0)
	c.transport.pool.tellSome(&c.account)
	c.full = true
	if b.kind != untilClose {
		b.left -= n
	}
	switch {
	case err != nil && c.watch.possible && c.watch.ctx.Err() != nil:
		return n, b.readError(canceled(c.watch.ctx)), nil
	case err != nil && c.wasReset():
		return n, b.readError(err), nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		// Either the deadline of w has passed, and w will return that again; or
		// ours was set to limit the wait for the response, see bodyWriter.run.
		b.noSplice = true
	case err != nil:
		return n, nil, err
	case b.kind == untilClose:
		return n, io.EOF, nil
	case n < left:
		return n, b.readError(io.EOF), nil
	}
	return n, nil, nil
}
