package resolve

// marks are where the parts of a dtab stand in its text, as byte offsets. The
// methods of a nil *marks do nothing: a parser records offsets only if asked to.
type marks struct {
	entries []entryMarks
	alones  []aloneMark
}

// entryMarks are the places of one entry.
type entryMarks struct {
	at int // of the prefix
	// ends are the parts of the tree that have no parts: names, "!", "~" and
	// "$", left to right.
	ends []endMark
}

type endMark struct {
	at   int // of the name or sign
	from int // of the weight before it, if there is one
}

// aloneMark is a weight that has nothing to be weighed against; the tree does
// not keep it.
type aloneMark struct {
	at   int
	tree NameTree[Path]
}

func (m *marks) entry(at int) {
	if m != nil {
		m.entries = append(m.entries, entryMarks{at: at})
	}
}

func (m *marks) end(at, from int) {
	if m != nil {
		e := &m.entries[len(m.entries)-1]
		e.ends = append(e.ends, endMark{at: at, from: from})
	}
}

// alone notes t, the only branch of a union, if its weight says something.
func (m *marks) alone(at int, t NameTree[Path]) {
	if m != nil && t.Weight != 1 {
		m.alones = append(m.alones, aloneMark{at: at, tree: t})
	}
}
