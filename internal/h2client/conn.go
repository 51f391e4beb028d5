package h2client

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/traffic"
)

// conn is a connection.
type conn struct {
	pool    *pool
	cc      *http.ClientConn
	nc      *wire
	ends    relay.Addresses
	meter   *traffic.Meter
	version uint64 // Config.TLSVersion, before it was made
	born    time.Time

	// Of pool.mu.
	active    int       // requests
	requests  uint64    // that it was taken for
	idleSince time.Time // if active is 0
	hooked    bool      // it wakes those that wait
	counted   bool      // the observer knows of it
	gone      bool      // it is closed

	lost chan struct{} // closed with it
}

// handshakeObserver is an observer that wants to know of handshakes.
type handshakeObserver interface{ Handshakes() *handshake.Counts }

// connect makes a connection, and tells the observer of it.
func (t *Transport) connect(ctx context.Context) (*conn, error) {
	began := time.Now()
	c := &conn{pool: &t.pool, meter: new(traffic.Meter), version: t.tlsVersion(), lost: make(chan struct{})}
	err := t.makeConn(ctx, c)
	c.born = time.Now()
	d := traffic.Dial{At: c.born, Took: c.born.Sub(began), End: traffic.Connected}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		d.End = traffic.Cancelled
	default:
		d.End = traffic.Failed
	}
	if t.observer != nil {
		t.observer.Dialed(d)
	}
	return c, err
}

// makeConn dials, makes the connection secure, and has the peer say that it speaks HTTP/2.
func (t *Transport) makeConn(ctx context.Context, c *conn) error {
	dialCtx, cancel := context.WithTimeoutCause(ctx, t.config.ConnectTimeout, errConnectTimeout)
	defer cancel()
	plain, err := t.config.Dial(dialCtx)
	if err != nil {
		if context.Cause(dialCtx) == errConnectTimeout && errors.Is(err, context.DeadlineExceeded) {
			err = errConnectTimeout
		}
		return err
	}
	c.ends = relay.AddressesOf(plain)
	c.nc = &wire{Conn: &traffic.Wire{Conn: plain, Meter: c.meter}, settled: make(chan error, 1), onClose: func() { c.pool.closed(c) }}
	given := any(c.nc)
	if t.config.TLS != nil {
		secure, err := handshake.Client(ctx, c.nc.Conn, t.config.TLS, t.config.TLSName)
		t.shookHands(err)
		if err != nil {
			return err
		}
		if chosen := secure.ConnectionState().NegotiatedProtocol; t.config.OrHTTP1 && chosen != "h2" {
			_ = secure.Close()
			return ErrHTTP1
		}
		c.nc.Conn = secure
		given = secureWire{c.nc, secure}
	}
	if c.cc, err = t.net.NewClientConn(context.WithValue(ctx, connKey{}, given), "http", t.config.Addr); err != nil {
		c.nc.Close()
		return err
	}
	if err = t.settle(ctx, c); err != nil {
		c.cc.Close()
	}
	return err
}

// settle waits for the peer's SETTINGS.
func (t *Transport) settle(ctx context.Context, c *conn) error {
	timer := time.NewTimer(settingsTimeout)
	defer timer.Stop()
	var err error
	select {
	case err = <-c.nc.settled:
	case <-c.lost:
		select {
		case err = <-c.nc.settled:
		default:
			err = errNoPeer
		}
	case <-timer.C:
		return errSettings
	case <-ctx.Done():
		return canceled(ctx)
	}
	if err != nil && t.config.TLS != nil && handshake.IsAlert(err) {
		// With TLS 1.3 a peer that refuses the client's certificate says so now.
		name := t.config.TLSName
		if name == "" {
			name = t.config.TLS.ServerName
		}
		err = &handshake.Error{Name: name, Err: err}
		t.shookHands(err)
	}
	return err
}

func (t *Transport) shookHands(err error) {
	if o, ok := t.observer.(handshakeObserver); ok {
		o.Handshakes().Handshake(err)
	}
}

// tlsVersion is Config.TLSVersion now.
func (t *Transport) tlsVersion() uint64 {
	if t.config.TLSVersion == nil {
		return 0
	}
	return t.config.TLSVersion.Load()
}

// tellAfter is how many bytes of an exchange the observer is told of before it ends.
const tellAfter = 1 << 20

// tellSome tells of the bytes that have moved, if they are many.
func (c *conn) tellSome() {
	if o := c.pool.transport.observer; o != nil && c.meter.Untold() >= tellAfter {
		c.meter.Tell(o, 0, 0)
	}
}
