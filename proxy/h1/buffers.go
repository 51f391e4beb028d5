package h1

import "github.com/meshhop/meshhop/internal/h1wire"

// buffers is the memory of one exchange. A connection holds it only from the first byte of
// a request to the end of the response, so that idle connections cost next to nothing.
type buffers struct {
	h1wire.Buffer
	fields  h1wire.Fields
	letters h1wire.Letters
	out     []byte    // what is to be written next
	held    []byte    // the body's beginning, or of its next chunk, which is not framed yet
	spare   *exchange // for the next request; nil: there is none
}

const (
	inSize   = 4 << 10
	outSize  = 4 << 10
	keepSize = 48 << 10 // larger buffers, which grew for a huge head, are not kept
	// holdSize is the size up to which a body without Content-Length gets one, as with
	// net/http's server.
	holdSize = 2 << 10
)

func (s *Server) getBuffers() *buffers {
	if b, ok := s.buffers.Get().(*buffers); ok {
		return b
	}
	return &buffers{
		Buffer: h1wire.Buffer{In: make([]byte, inSize)},
		fields: make(h1wire.Fields, 0, 32),
		out:    make([]byte, 0, outSize),
		held:   make([]byte, 0, holdSize),
	}
}

func (s *Server) putBuffers(b *buffers) {
	if len(b.In) > keepSize || cap(b.out) > keepSize || cap(b.fields) > maxFields {
		return
	}
	b.R, b.W = 0, 0
	b.out, b.held = b.out[:0], b.held[:0]
	s.buffers.Put(b)
}
