package sink

// Part is a part of a batch: encoded spans, one after the other.
type Part struct {
	Buf   []byte
	Spans int

	held  int    // bytes of the budget that it takes
	usual bool   // of the usual size
	seq   uint64 // its place among all queued parts
}

// SpansOf is the number of spans in parts.
func SpansOf(parts []*Part) (n uint64) {
	for _, c := range parts {
		n += uint64(c.Spans)
	}
	return n
}
