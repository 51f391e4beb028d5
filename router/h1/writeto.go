package h1

import (
	"errors"
	"io"
	"os"
)

// WriteTo writes the body to w. Long runs are left to w's ReadFrom, so that the
// kernel moves them if w ends in a TCP connection as well: a net.TCPConn, or
// the ResponseWriter of net/http. An error of the answer is an [*Error], as it is
// from Read; one that is not is w's own.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	if err := b.enter(); err != nil {
		if err == io.EOF {
			err = nil
		}
		return 0, err
	}
	n, err := b.writeTo(w)
	if err = b.leave(err); err == io.EOF {
		err = nil
	}
	return n, err
}

func (b *body) writeTo(w io.Writer) (total int64, err error) {
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
			return total, err
		}
		piece := c.buffered()
		switch {
		case len(piece) > 0:
			piece = piece[:min(left, int64(len(piece)))]
			c.r += len(piece)
		case left >= spliceFrom && !b.piecemeal && c.tcp != nil && c.canLook():
			if to, ok := w.(io.ReaderFrom); ok {
				n, err := b.splice(to, left)
				total += n
				if err != nil {
					return total, err
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
				return total, b.broken(err)
			}
			piece = bulk[:n]
		default:
			if _, err := c.fill(0); err != nil {
				return total, b.broken(err)
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
			return total, err
		}
	}
}

// splice moves the next run of the body. An error of ReadFrom may be of either
// side: it is the answer's if its connection has been reset, for the end of it is
// no error to ReadFrom.
func (b *body) splice(to io.ReaderFrom, left int64) (int64, error) {
	c := b.c
	c.arm() // nobody sees to deadlines from here on
	if err := c.beforeRead(); err != nil {
		return 0, b.broken(err)
	}
	n, err := to.ReadFrom(&io.LimitedReader{R: c.tcp, N: left})
	c.full = true
	if b.kind != untilClose {
		b.left -= n
	}
	switch {
	case err != nil && c.watch.possible && c.watch.ctx.Err() != nil:
		return n, b.broken(canceled(c.watch.ctx))
	case err != nil && c.wasReset():
		return n, b.broken(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		// That of w, which will say so again; or ours was set for the answer to
		// be read in time, see sender.run.
		b.piecemeal = true
	case err != nil:
		return n, err
	case b.kind == untilClose:
		return n, io.EOF
	case n < left:
		return n, b.broken(io.EOF)
	}
	return n, nil
}
