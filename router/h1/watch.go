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
	possible bool        // ctx can be canceled
	stop     func() bool // not nil: the connection is closed when ctx is canceled
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
	// promptWrite is what a TCP connection without unsent data takes at
	// once, whatever the peer does.
	promptWrite = 16 << 10
	// sendGrace is how long the exchange waits for a response after the request
	// could not be written: the peer may have said why.
	sendGrace = 200 * time.Millisecond
)

// errLimit says that watch.limit has passed.
var errLimit = errors.New("no response in time")

// begin ties c to the context of a new exchange.
func (c *conn) begin(ctx context.Context) {
	deadline := c.watch.deadline // of an earlier exchange; may lie in the past
	c.watch = watch{ctx: ctx, possible: ctx.Done() != nil, deadline: deadline}
	c.answered, c.noFill, c.full, c.bodiless = false, false, false, false
}

// arm makes the end of the context close the connection.
func (c *conn) arm() {
	if w := &c.watch; w.possible && w.stop == nil {
		w.stop = context.AfterFunc(w.ctx, func() { c.nc.Close() })
	}
}

// end stops watching. It reports whether the connection can serve another exchange.
func (w *watch) end() bool {
	good := w.stop == nil || w.stop()
	*w = watch{deadline: w.deadline}
	return good
}

// read reads from the connection once. An error is io.EOF, errLimit, what the
// connection says, or the end of the context.
func (c *conn) read(p []byte) (int, error) {
	if c.noFill {
		return 0, errNoFill
	}
	for {
		if err := c.beforeRead(); err != nil {
			return 0, err
		}
		n, err := c.nc.Read(p)
		if n > 0 {
			c.full = n == len(p)
			return n, nil // an error will come again
		}
		switch {
		case err == nil:
			return 0, io.ErrNoProgress
		case c.watch.possible && c.watch.ctx.Err() != nil:
			return 0, canceled(c.watch.ctx)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err
		case !c.watch.limit.IsZero() && !time.Now().Before(c.watch.limit):
			return 0, errLimit
		}
		c.arm()
		c.watch.deadline = passed // it may not be the one set here: see sender.run
	}
}

// passed is a time in the past. It is neither the zero time nor a deadline in use.
var passed = time.Unix(1, 0)

// beforeRead sets the deadline of the next read.
func (c *conn) beforeRead() error {
	w := &c.watch
	if w.possible && w.stop == nil {
		if w.ctx.Err() != nil {
			return canceled(w.ctx)
		}
		if w.reads++; w.reads <= promptReads {
			// A deadline that is half used is good enough: on a busy
			// connection it serves several requests.
			if now := time.Now(); w.deadline.Sub(now) < promptWait/2 {
				w.deadline = now.Add(promptWait)
				return c.setReadDeadline()
			}
			return nil
		}
		c.arm()
	}
	c.failing()
	for w.deadline != w.limit {
		w.deadline = w.limit
		if err := c.setReadDeadline(); err != nil {
			return err
		}
		c.failing() // or the wake of a failing sender could have been undone
	}
	return nil
}

// failing bounds the wait for a response to a request that cannot be written.
func (c *conn) failing() {
	if c.sender != nil && c.sender.broken() && c.watch.limit.IsZero() {
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

// fill reads more behind what is buffered; false: there may not be more than
// limit bytes.
func (c *conn) fill(limit int) (bool, error) {
	if !c.room(limit) {
		return false, nil
	}
	n, err := c.read(c.in[c.w:])
	c.w += n
	return true, err
}
