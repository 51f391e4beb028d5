package h1

import (
	"bytes"
	"fmt"
	"io"

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

// field is a header line, as offsets from the start of the head.
type field struct{ name, nameEnd, value, valueEnd int32 }

const protocol = "HTTP/1."

// readHead reads a head and checks it line by line. It may be called again
// after errLimit.
func (c *conn) readHead(x *relay.Exchange) (head, error) {
	var h head
	c.fields = c.fields[:0]
	limit := c.transport.config.MaxHeaderBytes
	line, scanned := 0, 0 // offsets from c.r
	for {
		for {
			in := c.buffered()
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
		if in := c.buffered(); line == 0 && string(in[:min(len(in), len(protocol))]) != protocol[:min(len(in), len(protocol))] {
			return h, malformed("response begins with %q", in[:min(len(in), 32)])
		} else if len(in) >= limit {
			return h, headTooLarge(limit)
		}
		if err := c.fill(limit); err != nil {
			if err == io.EOF && c.w > c.r {
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
	return fmt.Errorf("head of %w: more than %d bytes", errTooLarge, limit)
}

// headLine parses the line in[start:end], after which in[end] is LF. It returns done for
// the empty line, which is the last.
func (c *conn) headLine(h *head, in []byte, start, end int) (done bool, err error) {
	if end == start || in[end-1] != '\r' {
		return false, malformed("line without CR: %q", excerpt(in[start:end]))
	}
	end--
	switch {
	case start == 0:
		return false, h.parseStatusLine(in[:end])
	case start == end:
		return true, nil
	default:
		return false, c.addLine(in, start, end)
	}
}

// parseStatusLine parses "HTTP/1.1 200 OK" (RFC 9112 section 4). The space before an empty
// reason may be missing, because many servers leave it out.
func (h *head) parseStatusLine(line []byte) error {
	const status = len("HTTP/1.1 ")
	if len(line) < status+3 || string(line[:len(protocol)]) != protocol || line[status-1] != ' ' ||
		line[status-2] != '0' && line[status-2] != '1' {
		return malformed("status line %q", excerpt(line))
	}
	h.minor = int(line[status-2] - '0')
	for _, c := range line[status : status+3] {
		if c < '0' || c > '9' {
			return malformed("status line %q", excerpt(line))
		}
		h.status = 10*h.status + int(c-'0')
	}
	rest := line[status+3:]
	if h.status < 100 || len(rest) > 0 && rest[0] != ' ' || !validValue(rest) {
		return malformed("status line %q", excerpt(line))
	}
	h.reason, h.line = status, len(line)
	return nil
}

// addLine parses the header line in[start:end]. It makes the name canonical in place,
// which spares a string for each name.
func (c *conn) addLine(in []byte, start, end int) error {
	if len(c.fields) >= c.transport.config.MaxHeaders {
		return fmt.Errorf("head of %w: more than %d header lines", errTooLarge, len(c.fields))
	}
	i, upper := start, true
	for ; i < end && in[i] != ':'; i++ {
		b := in[i]
		if byteClass[b]&isToken == 0 {
			if i == start && isBlank(b) {
				return malformed("header line is folded: %q", excerpt(in[start:end]))
			}
			return malformed("header name: %q", excerpt(in[start:end]))
		}
		switch {
		case upper && 'a' <= b && b <= 'z':
			in[i] = b - ('a' - 'A')
		case !upper && 'A' <= b && b <= 'Z':
			in[i] = b + ('a' - 'A')
		}
		upper = b == '-'
	}
	if i == start || i == end {
		return malformed("header line: %q", excerpt(in[start:end]))
	}
	value, valueEnd := i+1, end
	for value < valueEnd && isBlank(in[value]) {
		value++
	}
	for value < valueEnd && isBlank(in[valueEnd-1]) {
		valueEnd--
	}
	if !validValue(in[value:valueEnd]) {
		return malformed("value of header %s has a control character: %q", in[start:i], excerpt(in[value:valueEnd]))
	}
	c.fields = append(c.fields, field{int32(start), int32(i), int32(value), int32(valueEnd)})
	return nil
}

// excerpt returns the part of hostile bytes that goes into an error.
func excerpt(b []byte) []byte { return b[:min(len(b), 64)] }

// takeHead removes the head from the buffer and returns its text. The names and values of
// the header are substrings of it.
func (c *conn) takeHead(h head) string {
	s := string(c.in[c.r : c.r+h.size])
	c.r += h.size
	return s
}
