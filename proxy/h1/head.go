package h1

import (
	"errors"
	"io"
	"net/http"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// maxEmptyLines is how many empty lines may stand before a request line. Some clients send
// one after a body (RFC 9112 section 2.2).
const maxEmptyLines = 4

// readHead reads a head and checks it line by line, so that bytes which cannot become a
// request are refused when they arrive.
func (c *conn) readHead() (h head, err error) {
	if err := c.skipEmptyLines(); err != nil {
		return h, err
	}
	limit := c.server.config.MaxHeadBytes
	c.fields = c.fields[:0]
	c.letters.Reset()
	var lines h1wire.Scanner
	for {
		start, end, ok, err := lines.Next(c.Buffered(), limit)
		switch {
		case err == h1wire.ErrTooLarge:
			return h, headTooLarge(start, limit)
		case err != nil:
			return h, &refusal{status: http.StatusBadRequest, err: err}
		case !ok:
			if err := c.Fill(limit); err != nil {
				return h, c.headBrokeOff(err)
			}
		case start == 0:
			err = h.parseRequestLine(c.Buffered()[:end])
		case start == end:
			h.size = end + len("\r\n")
			return h, nil
		default:
			err = c.addField(start, end)
		}
		if err != nil {
			return h, err
		}
	}
}

// tlsRecord is the first byte of a handshake of TLS, which no request begins with.
const tlsRecord = 22

func headTooLarge(line, limit int) error {
	if line == 0 {
		return refuse(http.StatusRequestURITooLong, "request line of more than %d bytes", limit)
	}
	return refuse(http.StatusRequestHeaderFieldsTooLarge, "head of more than %d bytes", limit)
}

// headBrokeOff returns the error of a head that ended early. A client that has sent a part
// of it and a FIN may read why there is no response. A read times out only if somebody else
// has set a deadline: the head does not come in time.
func (c *conn) headBrokeOff(err error) error {
	switch {
	case len(c.Buffered()) == 0:
	case err == io.EOF:
		return badRequest("the head ends after %d bytes", len(c.Buffered()))
	case isTimeout(err):
		return refuse(http.StatusRequestTimeout, "the head did not come in time: %d bytes have", len(c.Buffered()))
	}
	return err
}

// skipEmptyLines skips empty lines before a request line. It returns when there is a byte
// of the request line.
func (c *conn) skipEmptyLines() error {
	for skipped := 0; ; {
		in := c.Buffered()
		switch {
		case len(in) > 0 && in[0] == tlsRecord && c.tls == nil:
			return badRequest("the client speaks TLS, and HTTP without TLS is spoken here: is the URL to begin with http://?")
		case len(in) > 0 && in[0] != '\r':
			return nil
		case len(in) > 1 && in[1] != '\n':
			return badRequest("request line %q", h1wire.Excerpt(in))
		case len(in) > 1:
			if skipped++; skipped > maxEmptyLines {
				return badRequest("more than %d empty lines before a request line", maxEmptyLines)
			}
			c.R += len("\r\n")
		default:
			if err := c.Fill(0); err != nil {
				return c.headBrokeOff(err)
			}
		}
	}
}

// addField parses the field line that is at an offset of the head.
func (c *conn) addField(start, end int) error {
	err := c.fields.AddLine(c.Buffered(), start, end, maxFields, &c.letters)
	if errors.Is(err, h1wire.ErrTooLarge) {
		return refuse(http.StatusRequestHeaderFieldsTooLarge, "more than %d header lines", maxFields)
	} else if err != nil {
		return &refusal{status: http.StatusBadRequest, err: err}
	}
	return nil
}

// takeHead removes the head from the buffer and returns its text. All strings of the
// request are substrings of it.
func (c *conn) takeHead(h head) string {
	s := string(c.In[c.R : c.R+h.size])
	c.R += h.size
	return s
}
