package h1

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// watch is how an exchange notices that its context has ended. context.AfterFunc
// costs allocations and a lock that all requests of one parent context share, and
// nearly all responses come promptly. So a read starts with a short deadline, and
// only when that passes is the context watched.
type watch struct {
	ctx      context.Context
	possible bool        // ctx can be canceled, as far as can be told without asking for its channel
	unwatch  func() bool // not nil: the connection is closed when ctx is canceled
	reads    int
	deadline time.Time // the read deadline that the connection has
	limit    time.Time // reading fails with errLimit then; zero: never
}

const (
	// promptWait bounds how long a cancellation may go unnoticed.
	promptWait = 4 * time.Millisecond
	// promptReads is the number of reads of one exchange that set a deadline.
	// After that the context is watched at once, which costs less.
	promptReads = 4
	// promptWrite is the number of bytes that a TCP connection without unsent data
	// takes at once, whatever the peer does.
	promptWrite = 16 << 10
	// sendGrace is how long the exchange waits for a response after the request
	// could not be written: the peer may have said why.
	sendGrace = 200 * time.Millisecond
)

// errLimit is the error of a read when watch.limit has passed.
var errLimit = errors.New("no response in time")

// start starts a new exchange with its context.
func (c *conn) start(ctx context.Context) {
	deadline := c.watch.deadline // of an earlier exchange; it may have passed
	// A server may make a context's channel only when somebody asks for it, and watch its
	// client from then on: see proxy/h1.
	c.watch = watch{ctx: ctx, possible: ctx != context.Background(), deadline: deadline}
	c.responded, c.noFill, c.full, c.noBody, c.late = false, false, false, false, nil
}

// closeOnCancel makes the end of the context close the connection.
func (c *conn) closeOnCancel() {
	if w := &c.watch; w.possible && w.unwatch == nil {
		w.unwatch = context.AfterFunc(w.ctx, func() { c.bottom.Close() })
	}
}

// stop stops watching the context. It reports whether the context has left the connection
// open.
func (w *watch) stop() bool {
	open := w.unwatch == nil || w.unwatch()
	*w = watch{deadline: w.deadline}
	return open
}

// read reads from the connection once. An error is io.EOF, errLimit, errNoFill, an error
// of the connection, or the end of the context.
func (c *conn) read(p []byte) (int, error) {
	if c.noFill {
		return 0, errNoFill
	}
	if c.late != nil {
		return 0, c.late
	}
	for {
		if err := c.beforeRead(); err != nil {
			return 0, err
		}
		n, err := c.nc.Read(p)
		if n > 0 {
			c.account.Read(n)
			c.transport.pool.tellSome(&c.account)
			c.full = n == len(p)
			return n, nil // the next read gets an error again
		}
		switch {
		case err == nil:
			return 0, io.ErrNoProgress
		case c.watch.possible && c.watch.ctx.Err() != nil:
			return 0, canceled(c.watch.ctx)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, c.refused(err)
		case !c.watch.limit.IsZero() && !time.Now().Before(c.watch.limit):
			return 0, errLimit
		}
		c.closeOnCancel()
		c.watch.deadline = passed // another deadline may be set: see bodyWriter.run
	}
}

// passed is a time in the past that is neither the zero time nor a deadline in use.
var passed = time.Unix(1, 0)

// beforeRead sets the deadline of the next read.
func (c *conn) beforeRead() error {
	w := &c.watch
	if w.possible && w.unwatch == nil {
		if w.ctx.Err() != nil {
			return canceled(w.ctx)
		}
		if w.reads++; w.reads <= promptReads {
			// A deadline of which half is left is good enough: on a busy
			// connection one deadline serves several requests.
			if now := time.Now(); w.deadline.Sub(now) < promptWait/2 {
				w.deadline = now.Add(promptWait)
				return c.setReadDeadline()
			}
			return nil
		}
		c.closeOnCancel()
	}
	c.limitFailedWrite()
	for w.deadline != w.limit {
		w.deadline = w.limit
		if err := c.setReadDeadline(); err != nil {
			return err
		}
		c.limitFailedWrite() // again: this deadline may have replaced that of a failed write
	}
	return nil
}

// limitFailedWrite limits the wait for a response to a request that could not be written.
func (c *conn) limitFailedWrite() {
	if c.writer != nil && c.writer.failed() && c.watch.limit.IsZero() {
		c.watch.limit = time.Now().Add(sendGrace)
	}
}

func (c *conn) setReadDeadline() error {
	if err := c.nc.SetReadDeadline(c.watch.deadline); err != nil {
		if c.watch.possible && c.watch.ctx.Err() != nil {
			return canceled(c.watch.ctx)
		}
		return err
	}
	return nil
}

// fill reads once into the buffer, after what is buffered. It does nothing if the buffer is
// full and holds limit bytes.
func (c *conn) Fill(limit int) error {
	if !c.MakeRoom(limit) {
		return nil
	}
	n, err := c.read(c.In[c.W:])
	c.W += n
	return err
}
