package h1

import (
	"errors"
	"io"
	"os"

	"github.com/meshhop/meshhop/internal/wire"
)

// WriteTo writes the body to w. Long runs are left to w's ReadFrom, so that the
// kernel moves them if w ends in a TCP connection as well: a net.TCPConn, or
// the ResponseWriter of net/http. An error of the answer is an [*Error], as it is
// from Read; one that is not is w's own.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	n, response, writer := b.CopyTo(w)
	if response != nil {
		return n, response
	}
	return n, writer
}

// CopyTo is WriteTo that says which of the two failed; at most one did.
func (b *body) CopyTo(w io.Writer) (n int64, response, writer error) {
	err := b.enter()
	if err == nil {
		n, err, writer = b.copyTo(w)
		if writer != nil {
			_ = b.leave(writer)
			return n, nil, writer
		}
		err = b.leave(err)
	}
	if err == io.EOF {
		err = nil
	}
	return n, err, nil
}

var _ wire.Body = (*body)(nil)

// copyTo copies until the end of the body, which is the error io.EOF.
func (b *body) copyTo(w io.Writer) (total int64, response, writer error) {
	c := b.c
	var bulk *[bulkSize]byte
	defer func() {
		if bulk != nil {
			c.transport.bulk.Put(bulk)
		}
	}()
	for {
		left, err := b.run()
		if err != nil {
			return total, err, nil
		}
		piece := c.buffered()
		switch {
		case len(piece) > 0:
			piece = piece[:min(left, int64(len(piece)))]
			c.r += len(piece)
		case left >= spliceFrom && !b.piecemeal && c.tcp != nil && c.canLook():
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
			n, err := c.read(bulk[:min(c.exact(left), bulkSize)])
			if err != nil {
				return total, b.broken(err), nil
			}
			piece = bulk[:n]
		default:
			if _, err := c.fill(0); err != nil {
				return total, b.broken(err), nil
			}
			continue
		}
		b.took(len(piece))
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

// splice moves the next run of the body. An error of ReadFrom may be of either
// side: it is the answer's if its connection has been reset, for the end of it is
// no error to ReadFrom.
func (b *body) splice(to io.ReaderFrom, left int64) (n int64, response, writer error) {
	c := b.c
	c.arm() // nobody sees to deadlines from here on
	if err := c.beforeRead(); err != nil {
		return 0, b.broken(err), nil
	}
	n, err := to.ReadFrom(&io.LimitedReader{R: c.tcp, N: left})
	c.full = true
	if b.kind != untilClose {
		b.left -= n
	}
	switch {
	case err != nil && c.watch.possible && c.watch.ctx.Err() != nil:
		return n, b.broken(canceled(c.watch.ctx)), nil
	case err != nil && c.wasReset():
		return n, b.broken(err), nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		// That of w, which will say so again; or ours was set for the answer to
		// be read in time, see sender.run.
		b.piecemeal = true
	case err != nil:
		return n, nil, err
	case b.kind == untilClose:
		return n, io.EOF, nil
	case n < left:
		return n, b.broken(io.EOF), nil
	}
	return n, nil, nil
}
