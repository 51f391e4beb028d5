package h2

import (
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// block is a header section that is being read.
type block struct {
	limit     int // of the list of fields
	open      bool
	stream    uint32
	end       bool // END_STREAM
	frames    int
	fragments []byte // if it comes in several frames
	fields    []hpack.HeaderField
	size      int // of the list of fields, as SETTINGS_MAX_HEADER_LIST_SIZE counts
}

// maxEncoded is how many bytes a block may have before it is decoded. A list of fields that
// is too long is answered with 431; one that goes on and on ends the connection.
func (b *block) maxEncoded() int { return 2*b.limit + 32<<10 }

// maxFrames is how many frames a block may have.
func (b *block) maxFrames() int { return 16 + b.maxEncoded()/(4<<10) }

// tooLarge reports whether fields were dropped.
func (b *block) tooLarge() bool { return b.size > b.limit || len(b.fields) > maxFields }

// add is called by the decoder.
func (b *block) add(f hpack.HeaderField) {
	if b.size += int(f.Size()); !b.tooLarge() {
		b.fields = append(b.fields, f)
	}
}

func (c *conn) headers(h h2wire.Header, payload []byte) error {
	fragment, err := h.Fragment(payload)
	if err != nil {
		return err
	}
	if h.Stream%2 == 0 {
		return h2wire.ConnFails(h2wire.ProtocolError, "HEADERS on stream %d", h.Stream)
	}
	b := &c.block
	b.stream, b.end, b.frames, b.size = h.Stream, h.Has(h2wire.EndStream), 1, 0
	b.fields = b.fields[:0]
	if h.Has(h2wire.EndHeaders) {
		return c.endBlock(fragment)
	}
	b.open = true
	b.fragments = append(b.fragments[:0], fragment...)
	c.mu.Lock()
	c.headSince = time.Now()
	c.mu.Unlock()
	return nil
}

func (c *conn) continuation(h h2wire.Header, payload []byte) error {
	b := &c.block
	if !b.open {
		return h2wire.ConnFails(h2wire.ProtocolError, "CONTINUATION without HEADERS")
	}
	b.frames++
	if b.frames > b.maxFrames() || len(b.fragments)+len(payload) > b.maxEncoded() {
		return h2wire.ConnFails(h2wire.EnhanceYourCalm, "a header block of more than %d frames or %d bytes", b.maxFrames(), b.maxEncoded())
	}
	if len(payload) < 1<<10 {
		if err := c.spend(forFrame); err != nil {
			return err
		}
	}
	b.fragments = append(b.fragments, payload...)
	if !h.Has(h2wire.EndHeaders) {
		return nil
	}
	b.open = false
	c.mu.Lock()
	c.headSince = time.Time{}
	c.mu.Unlock()
	err := c.endBlock(b.fragments)
	if cap(b.fragments) > keepSize {
		b.fragments = nil
	}
	return err
}

// endBlock decodes a header block, and begins or ends a request with it.
func (c *conn) endBlock(encoded []byte) error {
	_, err := c.decoder.Write(encoded)
	if err == nil {
		err = c.decoder.Close()
	}
	if err != nil {
		return h2wire.ConnFails(h2wire.CompressionError, "%s", err)
	}
	defer c.block.forget()
	b := &c.block
	c.mu.Lock()
	st := c.streams[b.stream]
	isNew := b.stream > c.last
	ignored := c.expected(b.stream) || c.ignores(b.stream)
	c.mu.Unlock()
	switch {
	case st != nil:
		return c.trailers(st)
	case ignored:
		return c.spend(forFrame)
	case !isNew:
		return h2wire.ConnFails(h2wire.StreamClosed, "HEADERS on the closed stream %d", b.stream)
	}
	return c.request()
}

// ignores reports whether the stream is above the last one that a GOAWAY has named.
func (c *conn) ignores(id uint32) bool { return c.going == gone && id > c.last }

// forget drops the texts of the fields, and a large list.
func (b *block) forget() {
	if cap(b.fields) > 64 {
		b.fields = nil
	}
	clear(b.fields)
}

// trailers ends the body of a request with its trailer section.
func (c *conn) trailers(st *stream) error {
	b := &c.block
	c.mu.Lock()
	ended := st.remoteEnded
	c.mu.Unlock()
	switch {
	case ended:
		return h2wire.StreamFails(h2wire.StreamClosed, "HEADERS after the end of the stream")
	case !b.end:
		return h2wire.StreamFails(h2wire.ProtocolError, "trailers that do not end the stream")
	case b.tooLarge():
		return h2wire.StreamFails(h2wire.EnhanceYourCalm, "trailers of %d bytes", b.size)
	}
	if err := h2wire.CheckTrailers(b.fields); err != nil {
		return err
	}
	if err := st.body.addTrailers(b.fields, &c.keys); err != nil {
		return err
	}
	c.mu.Lock()
	st.remoteEnded = true
	st.closeIfEnded()
	c.mu.Unlock()
	return nil
}
