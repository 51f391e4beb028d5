package h1

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/relay"
)

// tunnel is the body of a response after which the connection belongs to the caller: 101,
// and 2xx to CONNECT. The request's context no longer affects it.
type tunnel struct {
	nc      net.Conn
	early   []byte // bytes that came right after the head
	pool    *pool
	account *account
	closed  atomic.Bool
}

// becomeTunnel makes the connection the body of the response.
func (c *conn) becomeTunnel(resp *http.Response) error {
	if c.writer != nil && !c.writer.stop(true) || c.wrote != all && c.writer == nil {
		return c.failure(relay.OpParse, h1wire.Malformed("the peer switched protocols before the request was written"))
	}
	ctx := c.watch.ctx
	t := &tunnel{nc: c.nc, account: &c.account, pool: &c.transport.pool}
	if in := c.Buffered(); len(in) > 0 {
		t.early = append(t.early, in...)
	}
	if !c.watch.stop() {
		return c.failure(relay.OpRead, canceled(ctx))
	}
	if !c.watch.deadline.IsZero() {
		if err := c.nc.SetReadDeadline(time.Time{}); err != nil {
			return c.failure(relay.OpRead, err)
		}
	}
	c.transport.putBuffers(c.buffers)
	c.buffers = nil
	resp.Body = t
	return nil
}

func (t *tunnel) Read(p []byte) (int, error) {
	if len(t.early) > 0 {
		n := copy(p, t.early)
		t.early = t.early[n:]
		return n, nil
	}
	n, err := t.nc.Read(p)
	t.account.Read(n)
	t.pool.tell(t.account)
	return n, err
}

func (t *tunnel) Write(p []byte) (int, error) {
	n, err := t.nc.Write(p)
	t.account.Wrote(n)
	t.pool.tell(t.account)
	return n, err
}

func (t *tunnel) Close() error {
	err := t.nc.Close()
	if !t.closed.Swap(true) {
		t.pool.closes.Add(1)
		t.pool.over(t.account)
		t.pool.releaseSlot()
	}
	return err
}

// CloseWrite closes our direction, if the connection can do that.
func (t *tunnel) CloseWrite() error { return httpx.HalfClose(t.nc) }

// WriteTo lets the kernel move the bytes if it can.
func (t *tunnel) WriteTo(w io.Writer) (n int64, err error) {
	if len(t.early) > 0 {
		m, err := w.Write(t.early)
		t.early = t.early[m:]
		n = int64(m)
		if err != nil {
			return n, err
		}
	}
	m, err := io.Copy(w, t.nc)
	t.account.Copied(m, 0)
	t.pool.tell(t.account)
	return n + m, err
}

// ReadFrom lets the kernel move the bytes if it can.
func (t *tunnel) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(t.nc, r)
	t.account.Copied(0, n)
	t.pool.tell(t.account)
	return n, err
}
