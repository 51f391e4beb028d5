package h1wire

// Buffer is what was read from a connection and not yet used: In[R:W].
type Buffer struct {
	In   []byte
	R, W int
}

// Buffered returns what was not yet used.
func (b *Buffer) Buffered() []byte { return b.In[b.R:b.W] }

// MakeRoom makes room after what is buffered and reports whether there is room. The buffer
// does not grow if it holds limit bytes.
func (b *Buffer) MakeRoom(limit int) bool {
	if b.R == b.W {
		b.R, b.W = 0, 0
	}
	if b.W < len(b.In) {
		return true
	}
	if b.R > 0 {
		b.W = copy(b.In, b.In[b.R:b.W])
		b.R = 0
		return true
	}
	if b.W >= limit {
		return false
	}
	grown := make([]byte, min(2*len(b.In), max(limit, len(b.In)+1)))
	copy(grown, b.In)
	b.In = grown
	return true
}

// A Filler reads once from its connection into its buffer, after what is buffered. It does
// nothing if the buffer is full and holds limit bytes.
type Filler interface{ Fill(limit int) error }
