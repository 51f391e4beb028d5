package h2

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// conn is a connection. The goroutine of serve reads it. What is written is gathered under
// mu, by whoever has something to say, and written by one goroutine at a time; see
// writer.go.
type conn struct {
	server *Server
	nc     net.Conn
	local  net.Addr
	remote string
	tls    *tls.ConnectionState

	reader // of the goroutine of serve alone

	mu       sync.Mutex
	settled  sync.Cond // on mu: handlers or writing has changed, near the end
	streams  map[uint32]*stream
	handlers int  // that have not returned
	active   bool // it has streams: ConnState was told
	last     uint32
	going    going
	closed   bool // nothing more is read
	broken   error

	headSince, writeSince, drainSince time.Time // for the sweeper; zero: not now

	writer
	quota    h2wire.Quota // what all bodies together may still bring
	used     atomic.Int32 // of it, and not told the peer yet
	recently [64]uint32   // streams that this side has reset, of which frames may be under way
	resets   int
}

func newConn(s *Server, nc net.Conn, tls *tls.ConnectionState) *conn {
	c := &conn{server: s, nc: nc, local: nc.LocalAddr(), tls: tls, streams: map[uint32]*stream{}, headSince: time.Now()}
	c.settled.L = &c.mu
	if a := nc.RemoteAddr(); a != nil {
		c.remote = a.String()
	}
	c.reader.init(c)
	c.writer.init(c)
	c.quota = h2wire.NewQuota(s.config.ConnWindow)
	return c
}

// begin says what the peer may do.
func (c *conn) begin() {
	config := &c.server.config
	settings := append(make([]h2wire.Setting, 0, 6),
		h2wire.Setting{ID: h2wire.MaxConcurrentStreams, Value: config.MaxConcurrentStreams},
		h2wire.Setting{ID: h2wire.MaxHeaderListSize, Value: uint32(config.MaxHeaderBytes)})
	if config.StreamWindow != h2wire.DefaultWindow {
		settings = append(settings, h2wire.Setting{ID: h2wire.InitialWindowSize, Value: uint32(config.StreamWindow)})
	}
	if config.MaxFrameBytes != h2wire.MinMaxFrame {
		settings = append(settings, h2wire.Setting{ID: h2wire.MaxFrameSize, Value: uint32(config.MaxFrameBytes)})
	}
	if config.HeaderTableBytes != 4096 {
		settings = append(settings, h2wire.Setting{ID: h2wire.HeaderTableSize, Value: config.HeaderTableBytes})
	}
	if config.ExtendedConnect {
		settings = append(settings, h2wire.Setting{ID: h2wire.EnableConnectProtocol, Value: 1})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room()
	c.out = h2wire.AppendSettings(c.out, settings...)
	if more := config.ConnWindow - h2wire.DefaultWindow; more > 0 {
		c.out = h2wire.AppendWindowUpdate(c.out, 0, uint32(more))
	}
	c.startWriter()
}

// serve reads the connection until it ends, and waits for its handlers.
func (c *conn) serve() {
	err := c.readAll()
	c.mu.Lock()
	c.closed = true
	c.headSince = time.Time{}
	c.say(err)
	for _, st := range c.streams {
		st.lose(httpx.ClientLeft{})
	}
	for c.writing && c.broken == nil {
		c.settled.Wait()
	}
	broken := c.broken != nil
	c.mu.Unlock()
	if !broken && err != io.EOF {
		c.linger()
	}
	c.nc.Close()
	c.releaseIn()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.handlers > 0 || c.writing {
		c.settled.Wait()
	}
}

// say tells the peer why the connection ends, with c.mu held.
func (c *conn) say(err error) {
	var e *h2wire.ConnError
	if !errors.As(err, &e) {
		return
	}
	if e.Code == h2wire.EnhanceYourCalm {
		c.server.floods.Add(1)
	}
	c.room()
	c.out = h2wire.AppendGoAway(c.out, c.last, e.Code, e.Reason)
	c.startWriter()
}

// lingerTime bounds how long what the peer still sends is read after the last write, so that
// it is not lost by a reset.
const lingerTime = 500 * time.Millisecond

func (c *conn) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.nc.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	for range 256 {
		if _, err := c.nc.Read(c.in); err != nil {
			return
		}
	}
}

// all returns the streams.
func (c *conn) all() []*stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*stream, 0, len(c.streams))
	for _, st := range c.streams {
		all = append(all, st)
	}
	return all
}

// changed tells of the connection's state when its number of streams has become zero or
// one, with c.mu held.
func (c *conn) changed() {
	active := len(c.streams) > 0
	if active == c.active {
		return
	}
	c.active = active
	state := http.StateIdle
	if active {
		state = http.StateActive
	}
	c.server.config.ConnState(c.nc, state)
}
