package h1

import (
	"fmt"
	"io"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/relay"
)

// head is the head of a response. It was checked and is still in the buffer. Its fields are
// in buffers.fields.
type head struct {
	size   int // in bytes, with the empty line
	status int
	minor  int // of HTTP/1.x
	reason int // offset of the status text, which starts with the three digits
	line   int // offset of the end of the status line
}

const protocol = "HTTP/1."

// readHead reads a head and checks it line by line. It may be called again
// after errLimit, and goes on then.
func (c *conn) readHead(x *relay.Exchange) (head, error) {
	h, limit := &c.head, c.transport.config.MaxHeaderBytes
	for {
		start, end, ok, err := c.scanner.Next(c.Buffered(), limit)
		switch {
		case err != nil && err != h1wire.ErrTooLarge:
			return *h, err
		case !ok && start == 0 && !c.beginsAsResponse():
			in := c.Buffered()
			return *h, h1wire.Malformed("response begins with %q", in[:min(len(in), 32)])
		case err != nil:
			return *h, headTooLarge(limit)
		case !ok:
			err = c.fillHead(x, limit)
		case start == 0:
			c.beginHead()
			err = h.parseStatusLine(c.Buffered()[:end])
		case start == end:
			h.size = end + len("\r\n")
			return *h, nil
		default:
			err = c.fields.AddLine(c.Buffered(), start, end, c.transport.config.MaxHeaders, &c.letters)
		}
		if err != nil {
			return *h, err
		}
	}
}

// beginHead forgets the head before.
func (c *conn) beginHead() {
	c.head, c.fields = head{}, c.fields[:0]
	c.letters.Reset()
}

// beginsAsResponse reports whether what has arrived may become a response.
func (c *conn) beginsAsResponse() bool {
	in := c.Buffered()
	n := min(len(in), len(protocol))
	return string(in[:n]) == protocol[:n]
}

// fillHead reads more of a head.
func (c *conn) fillHead(x *relay.Exchange, limit int) error {
	if err := c.Fill(limit); err != nil {
		if err == io.EOF && c.W > c.R {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if !c.responded {
		c.responded = true
		x.Began()
	}
	return nil
}

func headTooLarge(limit int) error {
	return fmt.Errorf("head of %w: more than %d bytes", h1wire.ErrTooLarge, limit)
}

// parseStatusLine parses "HTTP/1.1 200 OK" (RFC 9112 section 4). The space before an empty
// reason may be missing, because many servers leave it out.
func (h *head) parseStatusLine(line []byte) error {
	const status = len("HTTP/1.1 ")
	if len(line) < status+3 || string(line[:len(protocol)]) != protocol || line[status-1] != ' ' ||
		line[status-2] != '0' && line[status-2] != '1' {
		return h1wire.Malformed("status line %q", h1wire.Excerpt(line))
	}
	h.minor = int(line[status-2] - '0')
	for _, c := range line[status : status+3] {
		if c < '0' || c > '9' {
			return h1wire.Malformed("status line %q", h1wire.Excerpt(line))
		}
		h.status = 10*h.status + int(c-'0')
	}
	rest := line[status+3:]
	if h.status < 100 || len(rest) > 0 && rest[0] != ' ' || !h1wire.ValidValue(rest) {
		return h1wire.Malformed("status line %q", h1wire.Excerpt(line))
	}
	h.reason, h.line = status, len(line)
	return nil
}

// takeHead removes the head from the buffer and returns its text. The names and values of
// the header are substrings of it.
func (c *conn) takeHead(h head) string {
	s := string(c.In[c.R : c.R+h.size])
	c.R += h.size
	return s
}
