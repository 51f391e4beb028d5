package collector

import (
	"cmp"
	"slices"
)

// guess is where another trace seems to be the rest of one, or to have caused it.
type guess struct {
	Caused  bool // the other trace caused this one; otherwise it is the rest
	Trace   string
	Href    string
	Service string // that seems to have lost the context
	Name    string // of the span in the other trace
	Key     string // of the row of this trace
	Of      int    // how many requests were there that can be the cause
	Lost    int    // calls like it from there
	All     int    // that and those with a context
	Address string
}

// guesses returns what other traces a trace seems to belong to because a service lost the
// context. It is empty if there is too much to look at.
func (s *store) guesses(v view, t *tree, rows []placed) []guess {
	ask := addresses{}
	for _, n := range t.nodes {
		sp := n.span
		if sp.timestamp == 0 || sp.duration == 0 {
			continue
		}
		if sp.kind == kindServer && sp.parent == 0 && !sp.shared {
			ask.add(sp.remote)
		}
		if sp.kind == kindClient && !slices.ContainsFunc(n.children, isServer) {
			ask.add(sp.remote)
		}
		if _, hop := sp.tag(routerTag); sp.kind == kindServer && !hop && len(n.children) == 0 {
			ask.add(sp.local)
		}
	}
	start, end := t.extent()
	if len(ask) == 0 || start == 0 {
		return nil
	}
	end = min(end, addSaturating(start, guessLongest))
	var near []view
	for around, ok := int64(guessAround), false; !ok; around /= 10 {
		if around < guessLeast {
			return nil
		}
		near, ok = s.near(start-around, addSaturating(end, around))
	}
	for _, other := range near {
		ask.gather(other.key, other.spans)
	}
	keys := map[uint64]string{}
	for _, r := range rows {
		if _, have := keys[r.span.id]; !have || !r.span.shared {
			keys[r.span.id] = r.key
		}
	}
	var out []guess
	for _, w := range ask {
		counts := w.judge()
		for i := range w.calls {
			out = append(out, w.calls[i].guesses(v.key, counts, keys)...)
		}
	}
	slices.SortStableFunc(out, func(a, b guess) int {
		if a.Caused != b.Caused {
			return btoi(b.Caused) - btoi(a.Caused)
		}
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Trace, b.Trace))
	})
	return out[:min(len(out), guessShown)]
}

// guesses returns what a call means for the trace.
func (c *call) guesses(trace traceID, counts map[string]tally, keys map[uint64]string) []guess {
	if len(c.causes) == 0 {
		return nil
	}
	t := counts[c.causes[0].service]
	if !t.guessed() {
		return nil
	}
	g := guess{Service: c.causes[0].service, Of: len(c.causes), Lost: t.lost, All: t.lost + t.kept, Address: c.span.remote.ip().String()}
	if c.trace == trace {
		cause := c.causes[0]
		g.Caused, g.Trace, g.Name = true, cause.trace.String(), cause.span.name
		g.Href = "/traces/" + g.Trace + "?span=" + formatID(cause.span.id)
		g.Key = keys[c.span.id]
		return []guess{g}
	}
	var out []guess
	for _, cause := range c.causes {
		if cause.trace == trace {
			g := g
			g.Trace, g.Name, g.Href = c.trace.String(), c.span.name, "/traces/"+c.trace.String()
			g.Key = keys[cause.span.id]
			out = append(out, g)
		}
	}
	return out
}

// near returns the traces with spans that start in the given time, those that were
// uploaded by the form left out. It returns false if they have too many spans.
func (s *store) near(begin, end int64) ([]view, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	left := guessSpans
	var out []view
	for t := s.newest; t != nil; t = t.older {
		if t.last < begin || t.first > end || t.first == 0 || t.foreign() {
			continue
		}
		if left -= len(t.spans); left < 0 {
			return nil, false
		}
		out = append(out, t.view())
	}
	return out, true
}
