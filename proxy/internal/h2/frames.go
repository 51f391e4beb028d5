package h2

import (
	"encoding/binary"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// frame deals with a frame whose size is right. An error is a *h2wire.ConnError or a
// *h2wire.StreamError of the stream of the frame.
func (c *conn) frame(h h2wire.Header, payload []byte) error {
	if c.block.open && (h.Type != h2wire.Continuation || h.Stream != c.block.stream) {
		return h2wire.ConnFails(h2wire.ProtocolError, "a frame of type %d inside of a header block", h.Type)
	}
	switch h.Type {
	case h2wire.Data:
		return c.data(h, payload)
	case h2wire.Headers:
		return c.headers(h, payload)
	case h2wire.Continuation:
		return c.continuation(h, payload)
	case h2wire.WindowUpdate:
		return c.windowUpdate(h.Stream, h2wire.Increment(payload))
	case h2wire.RSTStream:
		return c.rstStream(h.Stream, h2wire.ResetCode(payload))
	case h2wire.Settings:
		return c.settings(h, payload)
	case h2wire.Ping:
		return c.ping(h, payload)
	case h2wire.Priority:
		return c.priority(h.Stream, payload)
	case h2wire.PushPromise:
		return h2wire.ConnFails(h2wire.ProtocolError, "PUSH_PROMISE from a client")
	}
	return c.spend(forFrame) // GOAWAY, and what nobody knows
}

// streamOf returns an open stream, or nil if the stream is closed. It is an error if the
// stream never was open. c.mu is held.
func (c *conn) streamOf(id uint32, t h2wire.Type) (*stream, error) {
	if st := c.streams[id]; st != nil || c.ignores(id) {
		return st, nil
	}
	if id > c.last || id%2 == 0 {
		return nil, h2wire.ConnFails(h2wire.ProtocolError, "a frame of type %d on the idle stream %d", t, id)
	}
	return nil, nil
}

// expected reports whether frames of a closed stream may still be under way, because this
// side has closed it. c.mu is held.
func (c *conn) expected(id uint32) bool {
	for _, r := range c.recently {
		if r == id {
			return true
		}
	}
	return false
}

// expectNoMore notes that the peer has closed a stream too, after which none of its frames
// can be under way. c.mu is held.
func (c *conn) expectNoMore(id uint32) {
	for i, r := range c.recently {
		if r == id {
			c.recently[i] = 0
		}
	}
}

func (c *conn) data(h h2wire.Header, payload []byte) error {
	data, err := h.Unpad(payload)
	if err != nil {
		return err
	}
	end := h.Has(h2wire.EndStream)
	if len(data) == 0 && !end {
		if err := c.spend(forFrame); err != nil {
			return err
		}
	}
	c.mu.Lock()
	st, err := c.streamOf(h.Stream, h.Type)
	if err == nil && !c.quota.Take(h.Length) {
		err = h2wire.ConnFails(h2wire.FlowControlError, "more data than the window of the connection")
	}
	unwanted := err == nil && (st == nil || st.remoteEnded)
	ignored := unwanted && (c.expected(h.Stream) || c.ignores(h.Stream))
	if err == nil && !unwanted && end {
		st.remoteEnded = true
	}
	c.mu.Unlock()
	switch {
	case err != nil:
		return err
	case ignored:
		c.give(h.Length)
		return c.spend(forFrame)
	case unwanted:
		c.give(h.Length)
		return h2wire.StreamFails(h2wire.StreamClosed, "DATA after the end of the stream")
	}
	kept, err := st.body.arrive(data, h.Length-len(data), end)
	c.give(h.Length - kept)
	if end && err == nil {
		c.mu.Lock()
		st.closeIfEnded()
		c.mu.Unlock()
	}
	return err
}

// give notes that bytes of DATA are used.
func (c *conn) give(n int) {
	if n == 0 || c.used.Add(int32(n)) < c.server.config.ConnWindow/2 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if more := c.quota.Give(int(c.used.Swap(0))); more > 0 {
		c.update(0, more)
	}
}

// update appends WINDOW_UPDATE, with c.mu held.
func (c *conn) update(id, more uint32) {
	if c.closed {
		return
	}
	c.room()
	c.out = h2wire.AppendWindowUpdate(c.out, id, more)
	c.startWriter()
}

func (c *conn) windowUpdate(id, more uint32) error {
	if err := c.spend(forFrame); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if id == 0 {
		if more == 0 {
			return h2wire.ConnFails(h2wire.ProtocolError, "WINDOW_UPDATE of 0")
		} else if !c.window.Add(int64(more)) {
			return h2wire.ConnFails(h2wire.FlowControlError, "the window of the connection is too large")
		}
		c.startWriter()
		return nil
	}
	st, err := c.streamOf(id, h2wire.WindowUpdate)
	switch {
	case err != nil || st == nil:
		return err
	case more == 0:
		return h2wire.StreamFails(h2wire.ProtocolError, "WINDOW_UPDATE of 0")
	case !st.window.Add(int64(more)):
		return h2wire.StreamFails(h2wire.FlowControlError, "the window of the stream is too large")
	}
	c.offer(st)
	c.startWriter()
	return nil
}

func (c *conn) rstStream(id uint32, code h2wire.Code) error {
	c.mu.Lock()
	st, err := c.streamOf(id, h2wire.RSTStream)
	early := false
	if st != nil {
		early = !st.ended
		st.lose(&h2wire.ResetError{Code: code})
	} else {
		c.expectNoMore(id)
	}
	c.mu.Unlock()
	switch {
	case err != nil:
		return err
	case early:
		c.server.resets.Add(1)
		return c.spend(forReset)
	}
	return c.spend(forFrame)
}

func (c *conn) settings(h h2wire.Header, payload []byte) error {
	if err := c.spend(forFrame + len(payload)/64); err != nil || h.Has(h2wire.Ack) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headSince = time.Time{}
	if err := h2wire.EachSetting(payload, c.set); err != nil {
		return err
	}
	if err := c.answer(); err != nil {
		return err
	}
	c.out = h2wire.AppendSettingsAck(c.out)
	c.startWriter()
	return nil
}

// set does what a setting of the peer says, with c.mu held.
func (c *conn) set(s h2wire.Setting) error {
	switch s.ID {
	case h2wire.HeaderTableSize:
		c.encoder.SetMaxDynamicTableSizeLimit(min(s.Value, 4096))
		c.encoder.SetMaxDynamicTableSize(min(s.Value, 4096))
	case h2wire.InitialWindowSize:
		change := int64(s.Value) - c.initial
		if change == 0 {
			return nil
		}
		c.initial = int64(s.Value)
		for _, st := range c.streams {
			if !st.window.Add(change) {
				return h2wire.ConnFails(h2wire.FlowControlError, "the window of stream %d is too large", st.id)
			}
			c.offer(st)
		}
	case h2wire.MaxFrameSize:
		c.writer.frame = int(min(s.Value, 2*h2wire.MinMaxFrame))
	}
	return nil
}

func (c *conn) ping(h h2wire.Header, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.Has(h2wire.Ack) {
		if string(payload) == drainPing {
			c.lastGoAway()
		}
		return c.spend(forFrame)
	}
	if err := c.spend(forFrame); err != nil {
		return err
	}
	if err := c.answer(); err != nil {
		return err
	}
	c.out = h2wire.AppendPing(c.out, true, payload)
	c.startWriter()
	return nil
}

func (c *conn) priority(id uint32, payload []byte) error {
	if err := c.spend(forFrame); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(payload)&h2wire.MaxStream == id {
		return h2wire.StreamFails(h2wire.ProtocolError, "stream %d depends on itself", id)
	}
	return nil
}
