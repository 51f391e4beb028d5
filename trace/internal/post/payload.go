package post

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"sync"
)

// Payload is the body of a post, in parts.
type Payload struct {
	// Held is the number of bytes that compressing it took.
	Held int

	parts  [][]byte
	length int64
	gzip   bool // it is compressed
}

// Of is a body of these parts.
func Of(parts ...[]byte) Payload {
	p := Payload{parts: make([][]byte, 0, len(parts))}
	for _, part := range parts {
		p.Add(part)
	}
	return p
}

// Add appends a part, which is not copied.
func (p *Payload) Add(part []byte) {
	p.parts = append(p.parts, part)
	p.length += int64(len(part))
}

// compress returns the compressed form of p. Writing to memory does not fail.
func (p Payload) compress(z *gzip.Writer) Payload {
	var small bytes.Buffer
	small.Grow(int(p.length / 8))
	z.Reset(&small)
	for _, part := range p.parts {
		_, _ = z.Write(part)
	}
	_ = z.Close()
	return Payload{parts: [][]byte{small.Bytes()}, length: int64(small.Len()), gzip: true, Held: small.Cap()}
}

// readers hands out readers of a payload: the transport asks for another one
// when it has to begin again.
type readers struct {
	parts [][]byte
	mu    sync.Mutex
	all   []*reader
}

func (p Payload) readers() *readers { return &readers{parts: p.parts} }

func (b *readers) next() *reader {
	r := &reader{parts: b.parts}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, r)
	return r
}

// close ends all reading: a transport may go on for a while after the answer
// has come.
func (b *readers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.all {
		_ = r.Close()
	}
}

// reader reads the parts of a payload. Once Close has returned it touches them
// no more.
type reader struct {
	mu     sync.Mutex
	parts  [][]byte // what is left
	at     int      // in the first of them
	closed bool
}

var errOver = errors.New("the post is over")

func (r *reader) Read(p []byte) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, errOver
	}
	for len(r.parts) > 0 && n < len(p) {
		k := copy(p[n:], r.parts[0][r.at:])
		n, r.at = n+k, r.at+k
		if r.at == len(r.parts[0]) {
			r.parts, r.at = r.parts[1:], 0
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.parts = true, nil
	return nil
}
