package collector

// top returns the span that represents the whole trace.
func (t *tree) top() *node {
	if t.first != nil {
		return t.first
	}
	return t.roots[0]
}

// extent returns the earliest start and the latest end of all spans.
func (t *tree) extent() (start, end int64) {
	for _, n := range t.nodes {
		s := n.span
		if s.timestamp == 0 {
			continue
		}
		if start == 0 || s.timestamp < start {
			start = s.timestamp
		}
		end = max(end, s.end())
	}
	return start, end
}

func (t *tree) errors() int {
	n := 0
	for _, o := range t.nodes {
		if _, failed := o.span.failure(); failed {
			n++
		}
	}
	return n
}

// failure returns the text of the tag "error", or of such an annotation if there is no tag.
func (s *span) failure() (string, bool) {
	if text, ok := s.tag("error"); ok {
		return text, true
	}
	for _, a := range s.annotations {
		if a.value == "error" {
			return "", true
		}
	}
	return "", false
}

// early and late return by how much a span starts before its parent and ends after it.
func (n *node) early() int64 {
	if n.parent == nil || n.span.timestamp == 0 || n.parent.span.timestamp == 0 {
		return 0
	}
	return max(n.parent.span.timestamp-n.span.timestamp, 0)
}

func (n *node) late() int64 {
	if n.parent == nil || n.span.timestamp == 0 || n.parent.span.duration == 0 || n.parent.span.timestamp == 0 {
		return 0
	}
	return max(n.span.end()-n.parent.span.end(), 0)
}

// self returns for how long none of the children of a span ran.
func (n *node) self() int64 {
	free, at, end := n.span.duration, n.span.timestamp, n.span.end()
	for _, c := range n.children { // by start
		from, to := max(c.span.timestamp, at), min(c.span.end(), end)
		if to > from {
			free -= to - from
			at = to
		}
	}
	return max(free, 0)
}
