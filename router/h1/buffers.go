package h1

import "github.com/meshhop/meshhop/internal/h1wire"

// buffers is the memory of one exchange. A connection holds it only while an
// exchange is under way, so that idle connections cost next to nothing.
type buffers struct {
	h1wire.Buffer
	out     []byte // the request's head, followed by a small body
	fields  h1wire.Fields
	letters h1wire.Letters
	scanner h1wire.Scanner
	head    head // that is being read
}

const (
	inSize   = 8 << 10
	outSize  = 2 << 10
	keepSize = 32 << 10 // larger buffers, which grew for a huge head, are not kept
	bulkSize = 32 << 10 // for bodies that do not fit into in
)

func newBuffers() *buffers {
	return &buffers{
		Buffer: h1wire.Buffer{In: make([]byte, inSize)},
		out:    make([]byte, 0, outSize),
		fields: make(h1wire.Fields, 0, 32),
	}
}

func (t *Transport) getBuffers() *buffers {
	if b, ok := t.buffers.Get().(*buffers); ok {
		return b
	}
	return newBuffers()
}

func (t *Transport) putBuffers(b *buffers) {
	if len(b.In) > keepSize || cap(b.out) > keepSize || cap(b.fields) > 4*defaultMaxHeaders {
		return
	}
	b.reset()
	t.buffers.Put(b)
}

// reset forgets what was read.
func (b *buffers) reset() {
	b.R, b.W = 0, 0
	b.scanner = h1wire.Scanner{}
}

func (t *Transport) getBulk() *[bulkSize]byte {
	if b, ok := t.bulk.Get().(*[bulkSize]byte); ok {
		return b
	}
	return new([bulkSize]byte)
}
