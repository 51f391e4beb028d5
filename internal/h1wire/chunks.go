package h1wire

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Chunks is the position in a chunked body (RFC 9112 section 7.1). The zero value is its
// beginning.
type Chunks struct {
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

// ChunkRules are what the recipient of a chunked body makes of it.
type ChunkRules struct {
	Padded   bool // blanks after a chunk's size are accepted, with which some servers pad it
	MaxBytes int  // of the trailer section
	MaxLines int  // in it
}

// Next reads up to the data of the next chunk, whose size it returns. It returns io.EOF if
// there is none, and has added the fields of the trailer section to trailer then. The
// caller uses all of a chunk's data before it calls Next again. An error of from is
// returned as it is, but for its io.EOF, which is unexpected here; Next may be called again
// after it.
func (k *Chunks) Next(from Filler, in *Buffer, fields *Fields, rules ChunkRules, trailer *http.Header) (size int64, err error) {
	for {
		switch k.next {
		case chunkDataEnd:
			err = k.readDataEnd(from, in)
		case chunkSize:
			size, err = k.readSize(from, in, rules)
			if err == nil && size > 0 {
				return size, nil
			}
		case chunkTrailer:
			err = k.readTrailer(from, in, fields, rules, trailer)
		default:
			return 0, io.EOF
		}
		if err == io.EOF {
			return 0, io.ErrUnexpectedEOF
		} else if err != nil {
			return 0, err
		}
	}
}

func (k *Chunks) readDataEnd(from Filler, in *Buffer) error {
	for in.W-in.R < 2 {
		if err := from.Fill(0); err != nil {
			return err
		}
	}
	if in.In[in.R] != '\r' || in.In[in.R+1] != '\n' {
		return Malformed("chunk is not followed by CRLF but %q", in.In[in.R:in.R+2])
	}
	in.R += 2
	k.next = chunkSize
	return nil
}

func (k *Chunks) readSize(from Filler, in *Buffer, rules ChunkRules) (int64, error) {
	line, err := bodyLine(from, in, maxChunkLine, 0)
	if err != nil {
		return 0, err
	}
	size, err := parseChunkSize(line, rules.Padded)
	if err != nil {
		return 0, err
	}
	in.R += len(line) + 2
	k.overhead = max(0, k.overhead+int64(len(line))+4-16-2*min(size, maxOverhead))
	if k.overhead > maxOverhead {
		return 0, Malformed("more chunk extensions than data")
	}
	k.next = chunkDataEnd
	if size == 0 {
		k.next = chunkTrailer
	}
	return size, nil
}

// parseChunkSize parses 1*HEXDIG and extensions, which it ignores.
func parseChunkSize(line []byte, padded bool) (n int64, err error) {
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
			return 0, Malformed("chunk size %q", Excerpt(line))
		}
		n = n<<4 | int64(c)
	}
	rest := line[i:]
	if semicolon := bytes.IndexByte(rest, ';'); semicolon > 0 {
		return 0, Malformed("chunk size %q", Excerpt(line)) // recipients disagree about blanks before an extension
	} else if semicolon < 0 && padded {
		rest = trim(rest)
	}
	if i == 0 || len(rest) > 0 && rest[0] != ';' || !ValidValue(rest) {
		return 0, Malformed("chunk size %q", Excerpt(line))
	}
	return n, nil
}

// bodyLine reads the line that starts at an offset from what is buffered, and returns it
// without its CRLF. The line stays in the buffer.
func bodyLine(from Filler, b *Buffer, limit, offset int) ([]byte, error) {
	scanned := offset
	for {
		in := b.Buffered()
		if end := bytes.IndexByte(in[scanned:], '\n'); end >= 0 {
			end += scanned
			if end > offset && in[end-1] == '\r' && end-offset <= limit {
				return in[offset : end-1], nil
			}
			return nil, Malformed("line in chunked body: %q", Excerpt(in[offset:end]))
		}
		scanned = len(in)
		if len(in)-offset >= limit {
			return nil, fmt.Errorf("line in chunked body is %w: more than %d bytes", ErrTooLarge, limit)
		}
		if err := from.Fill(offset + limit + 1); err != nil {
			return nil, err
		}
	}
}

func (k *Chunks) readTrailer(from Filler, in *Buffer, fields *Fields, rules ChunkRules, trailer *http.Header) error {
	limit := rules.MaxBytes
	*fields = (*fields)[:0]
	for at := 0; ; {
		line, err := bodyLine(from, in, max(limit-at, 2), at)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			addTrailer(in, *fields, at, trailer)
			in.R += at + 2
			k.next = chunkEnd
			return nil
		}
		if err := fields.AddLine(in.Buffered(), at, at+len(line), rules.MaxLines, nil); err != nil {
			return err
		}
		last := (*fields)[len(*fields)-1]
		if name := string(in.Buffered()[last.Name:last.NameEnd]); FramesMessage(name) {
			return Malformed("%s in the trailer section", name)
		}
		if at += len(line) + 2; at >= limit {
			return fmt.Errorf("trailer section is %w: more than %d bytes", ErrTooLarge, limit)
		}
	}
}

// addTrailer adds the fields of a trailer section of size bytes.
func addTrailer(in *Buffer, fields Fields, size int, trailer *http.Header) {
	if size == 0 {
		return
	}
	if *trailer == nil {
		*trailer = make(http.Header, len(fields))
	}
	fields.AddTo(*trailer, string(in.Buffered()[:size]), OmitNone, nil)
}
