package h2

import (
	"io"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// reader is what reading a connection needs. It belongs to one goroutine.
type reader struct {
	in      []byte
	box     *[]byte // in which in goes back to the pool
	r, w    int     // what is buffered: in[r:w]
	decoder *hpack.Decoder
	block   block
	keys    names // in canonical form
	credit
}

const (
	inSize  = 8 << 10
	inLarge = 32 << 10 // once a frame needs more
)

func (r *reader) init(c *conn) {
	config := &c.server.config
	r.block.limit = config.MaxHeaderBytes
	r.decoder = hpack.NewDecoder(config.HeaderTableBytes, r.block.add)
	r.decoder.SetMaxStringLength(r.block.maxEncoded())
	r.credit.init()
	if box, ok := c.server.ins.Get().(*[]byte); ok {
		r.in, r.box = *box, box
	} else {
		r.in, r.box = make([]byte, inSize), new([]byte)
	}
}

// releaseIn gives the buffer back.
func (c *conn) releaseIn() {
	if len(c.in) <= inLarge {
		*c.box = c.in
		c.server.ins.Put(c.box)
	}
	c.in = nil
}

// fillTo reads until n bytes are buffered.
func (c *conn) fillTo(n int) error {
	if c.w-c.r >= n {
		return nil
	}
	if c.r > 0 && (c.r == c.w || c.r+n > len(c.in)) {
		c.w = copy(c.in, c.in[c.r:c.w])
		c.r = 0
	}
	if n > len(c.in) {
		in := make([]byte, max(n, inLarge))
		c.w = copy(in, c.in[c.r:c.w])
		c.r, c.in = 0, in
	}
	for tries := 0; c.w-c.r < n; tries++ {
		got, err := c.nc.Read(c.in[c.w:])
		c.w += got
		switch {
		case got > 0:
			tries = 0
		case err != nil:
			return err
		case tries > 100:
			return io.ErrNoProgress
		}
	}
	return nil
}

// readAll reads the connection until it ends. It returns why it has: io.EOF, an error of the
// connection, or a *h2wire.ConnError.
func (c *conn) readAll() error {
	if err := c.readPreface(); err != nil {
		return err
	}
	for first := true; ; first = false {
		if err := c.fillTo(h2wire.HeaderSize); err != nil {
			return err
		}
		h := h2wire.ParseHeader(c.in[c.r:])
		if first && (h.Type != h2wire.Settings || h.Has(h2wire.Ack)) {
			return h2wire.ConnFails(h2wire.ProtocolError, "the first frame is of type %d, not SETTINGS", h.Type)
		}
		checked := h.Check(c.server.config.MaxFrameBytes)
		if !isStreamError(checked) && checked != nil {
			return checked
		}
		size := h2wire.HeaderSize + h.Length
		if err := c.fillTo(size); err != nil {
			return err
		}
		payload := c.in[c.r+h2wire.HeaderSize : c.r+size]
		c.r += size
		err := checked
		if err == nil {
			err = c.frame(h, payload)
		}
		if err = c.failStream(h.Stream, err); err != nil {
			return err
		}
	}
}

func isStreamError(err error) bool {
	_, ok := err.(*h2wire.StreamError)
	return ok
}

// failStream resets the stream that an error is about. It returns any other error.
func (c *conn) failStream(id uint32, err error) error {
	if err == nil {
		return nil
	}
	e, ok := err.(*h2wire.StreamError)
	if !ok {
		return err
	}
	c.mu.Lock()
	if st := c.streams[id]; st != nil {
		st.reset(e.Code)
	} else {
		c.appendReset(id, e.Code)
	}
	c.startWriter()
	c.mu.Unlock()
	return c.spend(forReset)
}

// readPreface reads the preface. What cannot become one is refused when it comes.
func (c *conn) readPreface() error {
	for n := 1; n <= len(h2wire.Preface); n = max(n+1, min(c.w-c.r, len(h2wire.Preface))) {
		if err := c.fillTo(n); err != nil {
			return err
		}
		if !strings.HasPrefix(h2wire.Preface, string(c.in[c.r:c.r+n])) {
			return h2wire.ConnFails(h2wire.ProtocolError, "the connection does not begin with the preface of HTTP/2")
		}
	}
	c.r += len(h2wire.Preface)
	return nil
}
