package h1wire

import "math/bits"

// Letters says which letters of the names of a head had the other case on the wire than in
// the canonical form. It has a bit for each byte of the names, one name after the other, up
// to the last that is set. The zero value is that of a head whose names are canonical.
type Letters struct {
	set   []uint64
	names int // bytes of the names so far
}

// Reset forgets the head, and keeps the memory.
func (l *Letters) Reset() { l.set, l.names = l.set[:0], 0 }

// flip sets the bit of a byte of the next name. On nil it does nothing.
func (l *Letters) flip(i int) {
	if l == nil {
		return
	}
	i += l.names
	for len(l.set) <= i/64 {
		l.set = append(l.set, 0)
	}
	l.set[i/64] |= 1 << (i % 64)
}

// next ends a name of n bytes.
func (l *Letters) next(n int) {
	if l != nil {
		l.names += n
	}
}

// apply turns a canonical name, which stands after the first at bytes of names, into what it
// was on the wire.
func (l *Letters) apply(name []byte, at int) {
	for i := at / 64; i < len(l.set) && 64*i < at+len(name); i++ {
		for word := within(l.set[i], 64*i, at, at+len(name)); word != 0; word &= word - 1 {
			name[64*i+bits.TrailingZeros64(word)-at] ^= 'a' - 'A'
		}
	}
}

// within returns those bits of a word, whose first is bit number first, that are in
// [from,to).
func within(word uint64, first, from, to int) uint64 {
	if from > first {
		word &= ^uint64(0) << (from - first)
	}
	if to < first+64 {
		word &= 1<<(to-first) - 1
	}
	return word
}
