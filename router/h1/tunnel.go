package h1

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// tunnel is the body of an answer after which the connection is the caller's:
// 101, and 2xx to CONNECT. The request's context has no power over it any more.
type tunnel struct {
	nc     net.Conn
	early  []byte // what came behind the head
	pool   *pool
	closed atomic.Bool
}

// handOver makes the connection the response's body.
func (c *conn) handOver(resp *http.Response) error {
	if c.sender != nil && !c.sender.settle(true) || c.wrote != All && c.sender == nil {
		return c.failure(OpParse, malformed("the peer switched protocols before the request was written"))
	}
	c.sender = nil
	ctx := c.watch.ctx
	t := &tunnel{nc: c.nc, pool: &c.transport.pool}
	if in := c.buffered(); len(in) > 0 {
		t.early = append(t.early, in...)
	}
	if !c.watch.end() {
		return c.failure(OpRead, canceled(ctx))
	}
	if !c.watch.deadline.IsZero() {
		if err := c.nc.SetReadDeadline(time.Time{}); err != nil {
			return c.failure(OpRead, err)
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
	return t.nc.Read(p)
}

func (t *tunnel) Write(p []byte) (int, error) { return t.nc.Write(p) }

func (t *tunnel) Close() error {
	err := t.nc.Close()
	if !t.closed.Swap(true) {
		t.pool.closes.Add(1)
		t.pool.vacate()
	}
	return err
}

// CloseWrite ends our direction, where the connection can do that.
func (t *tunnel) CloseWrite() error {
	if half, ok := t.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}

// WriteTo lets the kernel move the bytes where it can.
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
	return n + m, err
}

// ReadFrom lets the kernel move the bytes where it can.
func (t *tunnel) ReadFrom(r io.Reader) (int64, error) { return io.Copy(t.nc, r) }
