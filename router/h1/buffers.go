package h1

// buffers is the memory of one exchange. A connection holds it only while an
// exchange is under way, so that idle connections cost next to nothing.
type buffers struct {
	in     []byte // in[r:w] was read and not yet used
	r, w   int
	out    []byte // the request's head, followed by a small body
	fields []field
}

const (
	inSize   = 8 << 10
	outSize  = 2 << 10
	keepSize = 32 << 10 // larger buffers, which grew for a huge head, are not kept
	bulkSize = 32 << 10 // for bodies that do not fit into in
)

func newBuffers() *buffers {
	return &buffers{
		in:     make([]byte, inSize),
		out:    make([]byte, 0, outSize),
		fields: make([]field, 0, 32),
	}
}

func (b *buffers) buffered() []byte { return b.in[b.r:b.w] }

// makeRoom makes room after what is buffered and reports whether there is room. The buffer
// does not grow if it holds limit bytes.
func (b *buffers) makeRoom(limit int) bool {
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
	if b.w < len(b.in) {
		return true
	}
	if b.r > 0 {
		b.w = copy(b.in, b.in[b.r:b.w])
		b.r = 0
		return true
	}
	if b.w >= limit {
		return false
	}
	grown := make([]byte, min(2*len(b.in), max(limit, len(b.in)+1)))
	copy(grown, b.in)
	b.in = grown
	return true
}

func (t *Transport) getBuffers() *buffers {
	if b, ok := t.buffers.Get().(*buffers); ok {
		return b
	}
	return newBuffers()
}

func (t *Transport) putBuffers(b *buffers) {
	if len(b.in) > keepSize || cap(b.out) > keepSize || cap(b.fields) > 4*defaultMaxHeaders {
		return
	}
	b.r, b.w = 0, 0
	t.buffers.Put(b)
}

func (t *Transport) getBulk() *[bulkSize]byte {
	if b, ok := t.bulk.Get().(*[bulkSize]byte); ok {
		return b
	}
	return new([bulkSize]byte)
}
