package collector

import (
	"time"
)

// The tags of the server span of a request that has a limit; package hopspan of meshhop
// has the reference.
const (
	deadlineTag   = "meshhop.deadline"
	deadlineByTag = "meshhop.deadline.by"
)

// deadline is by when the response of a request had to begin. It is by the clock of the
// host of the span that says so, as are the times of that span.
type deadline struct {
	at    int64
	by    string
	of    *node
	first bool // its node has it from none above
}

// sameDeadline is how far two deadlines of spans above each other may be apart to be the
// same one, which hops pass on.
const sameDeadline = 1000 // µs

// deadlines returns for each span the deadline that was set by it or nearest above it.
func (t *tree) deadlines() map[*node]*deadline {
	out := map[*node]*deadline{}
	for _, n := range t.nodes { // parents come first
		above := out[n.parent]
		if d := deadlineOf(n); d != nil {
			d.first = above == nil || max(d.at-above.at, above.at-d.at) > sameDeadline
			out[n] = d
		} else if above != nil {
			out[n] = above
		}
	}
	return out
}

func deadlineOf(n *node) *deadline {
	text, ok := n.span.tag(deadlineTag)
	if !ok {
		return nil
	}
	at, ok := parseDeadline(text)
	if !ok {
		return nil
	}
	by, _ := n.span.tag(deadlineByTag)
	return &deadline{at: at, by: by, of: n}
}

// parseDeadline reads a time in RFC 3339 as microseconds since 1970.
func parseDeadline(text string) (int64, bool) {
	if len(text) > len("2006-01-02T15:04:05.000000000-07:00") {
		return 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.UnixMicro() <= 0 {
		return 0, false
	}
	return at.UnixMicro(), true
}

// note returns what the row of the deadline's own span says of it.
func (d *deadline) note() (text string, missed bool) {
	s := d.of.span
	text = "deadline"
	if s.timestamp > 0 {
		text += " after " + showDuration(max(d.at-s.timestamp, 0))
	}
	if d.by != "" {
		text += ", set by " + brief(d.by)
	}
	switch left := d.at - s.end(); {
	case s.timestamp == 0 || s.duration == 0:
	case left < 0:
		return text + ": missed by " + showDuration(-left), true
	default:
		text += ": " + showDuration(left) + " were left"
	}
	return text, false
}

// brief shortens a stranger's text for a note.
func brief(text string) string { return shorten(text, 60) }

// shorten cuts a text after so many runes.
func shorten(text string, most int) string {
	runes := 0
	for i := range text {
		if runes++; runes > most {
			return text[:i] + "…"
		}
	}
	return text
}
