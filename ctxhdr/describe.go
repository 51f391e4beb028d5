package ctxhdr

import (
	"fmt"
	"strings"
)

// Describe says in words, on one line, what the id holds.
func (t TraceID) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "span %s, ", hex16(t.Span))
	if t.IsRoot() {
		b.WriteString("no parent (a root)")
	} else {
		fmt.Fprintf(&b, "child of span %s", hex16(t.Parent))
	}
	if t.wide() {
		fmt.Fprintf(&b, ", in the 128-bit trace %s%s", hex16(t.TraceHigh), hex16(t.Trace))
	} else {
		fmt.Fprintf(&b, ", in trace %s", hex16(t.Trace))
	}
	fmt.Fprintf(&b, "; %s (flags %#x", t.describeSampling(), t.Flags)
	if other := t.Flags &^ (FlagDebug | FlagSamplingKnown | FlagSampled); other != 0 {
		fmt.Fprintf(&b, ", of which %#x unknown", other)
	}
	b.WriteByte(')')
	return b.String()
}

func (t TraceID) describeSampling() string {
	switch sampled, decided := t.Sampled(); {
	case t.Flags&FlagDebug != 0:
		return "sampled because of the debug flag"
	case !decided && t.Flags&FlagSampled != 0:
		return "sampling not decided, for the sampled bit stands without the known bit"
	case !decided:
		return "sampling not decided"
	case sampled:
		return "sampled"
	}
	return "not sampled"
}

// quote returns s for an error message, which must not grow with the header
// that it complains about.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		return fmt.Sprintf("%q... (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%q", s)
}
