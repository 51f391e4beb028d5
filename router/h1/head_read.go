package h1

import (
	"bytes"
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
// after errLimit.
func (c *conn) readHead(x *relay.Exchange) (head, error) {
	var h head
	c.fields = c.fields[:0]
	limit := c.transport.config.MaxHeaderBytes
	line, scanned := 0, 0 // offsets from c.R
	for {
		for {
			in := c.Buffered()
			end := bytes.IndexByte(in[scanned:], '\n')
			if end < 0 {
				scanned = len(in)
				break
			}
			end += scanned
			if end >= limit {
				return h, headTooLarge(limit)
			}
			done, err := c.headLine(&h, in, line, end)
			if err != nil {
				return h, err
			}
			line, scanned = end+1, end+1
			if done {
				h.size = line
				return h, nil
			}
		}
		if in := c.Buffered(); line == 0 && string(in[:min(len(in), len(protocol))]) != protocol[:min(len(in), len(protocol))] {
			return h, h1wire.Malformed("response begins with %q", in[:min(len(in), 32)])
		} else if len(in) >= limit {
			return h, headTooLarge(limit)
		}
		if err := c.Fill(limit); err != nil {
			if err == io.EOF && c.W > c.R {
				err = io.ErrUnexpectedEOF
			}
			return h, err
		}
		if !c.responded {
			c.responded = true
			x.Began()
		}
	}
}

func headTooLarge(limit int) error {
	return fmt.Errorf("head of %w: more than %d bytes", h1wire.ErrTooLarge, limit)
}

// headLine parses the line in[start:end], after which in[end] is LF. It returns done for
// the empty line, which is the last.
func (c *conn) headLine(h *head, in []byte, start, end int) (done bool, err error) {
	if end == start || in[end-1] != '\r' {
		return false, h1wire.Malformed("line without CR: %q", h1wire.Excerpt(in[start:end]))
	}
	end--
	switch {
	case start == 0:
		return false, h.parseStatusLine(in[:end])
	case start == end:
		return true, nil
	default:
		return false, c.fields.AddLine(in, start, end, c.transport.config.MaxHeaders)
	}
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
