package trace

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/wire"
)

// W3C returns the propagator of traceparent and tracestate (W3C Trace
// Context, Level 2). A malformed traceparent, version ff, an all-zero id, and
// more than one traceparent count as absent; a higher version is read as far
// as it is known. The format has neither undecided nor debug traces: an
// undecided trace is sent on as not sampled. The random flag is passed on, and set on
// roots made here; see [Context]. Flags that have no meaning yet are written as zero.
func W3C() Propagator { return w3c{} }

type w3c struct{}

const (
	traceparentLen = 55 // 00-<32 digits>-<16 digits>-<2 digits>
	flagSampled    = 1
	flagRandom     = 2 // Level 2, section 3.2.3.4
)

func (w3c) Extract(h http.Header) (Context, bool) {
	lines := wire.Values(h, wire.TraceparentName)
	if len(lines) != 1 {
		return Context{}, false
	}
	c, ok := parseTraceparent(lines[0])
	if !ok {
		return Context{}, false
	}
	c.State = joinState(wire.Values(h, wire.TracestateName))
	return c, true
}

func parseTraceparent(s string) (c Context, ok bool) {
	if len(s) < traceparentLen || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return c, false
	}
	version, trace, span, flags := s[:2], s[3:35], s[36:52], s[53:55]
	if !isLowerHex(version) || !isLowerHex(trace) || !isLowerHex(span) || !isLowerHex(flags) {
		return c, false
	}
	switch {
	case version == "ff":
		return c, false
	case len(s) == traceparentLen:
	case version == "00" || s[traceparentLen] != '-':
		return c, false
	}
	high, _ := digits(trace[:16])
	low, _ := digits(trace[16:])
	binary.BigEndian.PutUint64(c.Trace[:8], high)
	binary.BigEndian.PutUint64(c.Trace[8:], low)
	c.Wide = high != 0
	n, _ := digits(span)
	c.Span = spanID(n)
	bits, _ := digits(flags)
	c.Sampling = keepIf(bits&flagSampled != 0)
	c.Random = bits&flagRandom != 0
	return c, c.IsValid()
}

func (w3c) Inject(h http.Header, c Context) {
	if !c.IsValid() {
		return
	}
	b := make([]byte, 0, traceparentLen)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, c.Trace[:])
	b = append(b, '-')
	b = hex.AppendEncode(b, c.Span[:])
	flags := byte('0') // the others have no meaning yet, and are not passed on
	if c.Sampled() {
		flags += flagSampled
	}
	if c.Random {
		flags += flagRandom
	}
	b = append(b, '-', '0', flags)
	w3c{}.Clear(h)
	h[wire.TraceparentName] = []string{string(b)}
	if _, err := oteltrace.ParseTraceState(c.State); err == nil && c.State != "" {
		h[wire.TracestateName] = []string{c.State}
	}
}

func (w3c) Clear(h http.Header) { wire.Del(h, wire.TraceparentName, wire.TracestateName) }
