package h1

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// chunkState is the position in a chunked body (RFC 9112 section 7.1).
type chunkState struct {
	next     uint8
	overhead int64 // bytes of framing beyond what is reasonable, see maxOverhead
}

// What comes next in a chunked body.
const (
	chunkSize    = iota // a size line
	chunkDataEnd        // the rest of the data, if there is any, and its CRLF
	chunkTrailer        // the trailer section
	chunkEnd            // nothing
)

const (
	maxChunkLine = 4 << 10
	// maxOverhead bounds the bytes of framing, such as chunk extensions. A chunk of n
	// bytes has 16+2n bytes free, so that a body of single bytes is accepted.
	maxOverhead = 16 << 10
)

// nextChunk reads up to the data of the next chunk. It returns io.EOF if there is none.
func (b *body) nextChunk() error {
	for {
		var err error
		switch b.chunk.next {
		case chunkDataEnd:
			err = b.readDataEnd()
		case chunkSize:
			err = b.readChunkSize()
			if err == nil && b.left > 0 {
				return nil
			}
		case chunkTrailer:
			err = b.readTrailer()
		default:
			return io.EOF
		}
		if err != nil {
			return b.readError(err)
		}
	}
}

func (b *body) readDataEnd() error {
	c := b.c
	for c.w-c.r < 2 {
		if err := c.fill(0); err != nil {
			return err
		}
	}
	if c.in[c.r] != '\r' || c.in[c.r+1] != '\n' {
		return malformed("chunk is not followed by CRLF but %q", c.in[c.r:c.r+2])
	}
	c.r += 2
	b.chunk.next = chunkSize
	return nil
}

func (b *body) readChunkSize() error {
	line, err := b.c.bodyLine(maxChunkLine, 0)
	if err != nil {
		return err
	}
	size, err := parseChunkSize(line)
	if err != nil {
		return err
	}
	b.c.r += len(line) + 2
	b.chunk.overhead = max(0, b.chunk.overhead+int64(len(line))+4-16-2*min(size, maxOverhead))
	if b.chunk.overhead > maxOverhead {
		return malformed("more chunk extensions than data")
	}
	b.left, b.chunk.next = size, chunkDataEnd
	if size == 0 {
		b.chunk.next = chunkTrailer
	}
	return nil
}

// parseChunkSize parses 1*HEXDIG, blanks with which some servers pad the size, and
// extensions, which it ignores.
func parseChunkSize(line []byte) (n int64, err error) {
	i := 0
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			c = 0xff
		}
		if c == 0xff {
			break
		}
		if i == 15 {
			return 0, malformed("chunk size %q", excerpt(line))
		}
		n = n<<4 | int64(c)
	}
	rest := line[i:]
	if semicolon := bytes.IndexByte(rest, ';'); semicolon > 0 {
		return 0, malformed("chunk size %q", excerpt(line)) // recipients disagree about blanks before an extension
	} else if semicolon < 0 {
		rest = trim(rest)
	}
	if i == 0 || len(rest) > 0 && rest[0] != ';' || !validValue(rest) {
		return 0, malformed("chunk size %q", excerpt(line))
	}
	return n, nil
}

// bodyLine reads the line that starts at an offset from what is buffered, and returns it
// without its CRLF. The line stays in the buffer.
func (c *conn) bodyLine(limit, offset int) ([]byte, error) {
	scanned := offset
	for {
		in := c.buffered()
		if end := bytes.IndexByte(in[scanned:], '\n'); end >= 0 {
			end += scanned
			if end > offset && in[end-1] == '\r' && end-offset <= limit {
				return in[offset : end-1], nil
			}
			return nil, malformed("line in chunked body: %q", excerpt(in[offset:end]))
		}
		scanned = len(in)
		if len(in)-offset >= limit {
			return nil, fmt.Errorf("line in chunked body is %w: more than %d bytes", errTooLarge, limit)
		}
		if err := c.fill(offset + limit + 1); err != nil {
			return nil, err
		}
	}
}

// readTrailer reads the trailer section.
func (b *body) readTrailer() error {
	c := b.c
	limit := c.transport.config.MaxHeaderBytes
	c.fields = c.fields[:0]
	for at := 0; ; {
		line, err := c.bodyLine(max(limit-at, 2), at)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			b.addTrailer(at)
			c.r += at + 2
			b.chunk.next = chunkEnd
			return nil
		}
		if err := c.addLine(c.buffered(), at, at+len(line)); err != nil {
			return err
		}
		last := c.fields[len(c.fields)-1]
		if name := string(c.buffered()[last.name:last.nameEnd]); framesMessage(name) {
			return malformed("%s in the trailer section", name)
		}
		if at += len(line) + 2; at >= limit {
			return fmt.Errorf("trailer section is %w: more than %d bytes", errTooLarge, limit)
		}
	}
}

// addTrailer adds the fields to the response.
func (b *body) addTrailer(size int) {
	c := b.c
	if size == 0 {
		return
	}
	if b.resp.Trailer == nil {
		b.resp.Trailer = make(http.Header, len(c.fields))
	}
	c.addFields(b.resp.Trailer, string(c.buffered()[:size]), nil)
}
