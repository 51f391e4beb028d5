package trace

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/wire"
)

// B3 returns the propagator of the x-b3-* headers, as Linkerd's
// ZipkinTracePropagator.scala reads them: x-b3-spanid is mandatory, ids may
// be unpadded, x-b3-flags is a decimal flags word, and an x-b3-sampled that
// is a number orders that sample rate (see Propagator).
//
// Unlike Linkerd it keeps all 128 bits of a trace id, writes no x-b3-sampled
// for an undecided trace and no x-b3-parentspanid for a root, and writes
// x-b3-flags only for a debug trace.
func B3() Propagator { return b3{} }

type b3 struct{}

func (b3) Extract(h http.Header) (Context, bool) {
	text, _ := wire.First(h, wire.B3SpanIDName)
	span, ok := digits(lastDigits(text, 16))
	if !ok || span == 0 {
		return Context{}, false
	}
	c := Context{Span: spanID(span)}
	text, _ = wire.First(h, wire.B3ParentSpanIDName)
	parent, ok := digits(lastDigits(text, 16))
	if !ok || parent == 0 {
		parent = span
	}
	if parent != span {
		c.Parent = spanID(parent)
	}
	text, _ = wire.First(h, wire.B3TraceIDName)
	c.Trace, c.Wide, ok = b3TraceID(text)
	if !ok {
		binary.BigEndian.PutUint64(c.Trace[8:], parent)
	}
	if text, ok = wire.First(h, wire.B3FlagsName); ok {
		c.Flags = flagsWord(text)
	}
	if text, ok = wire.First(h, wire.B3SampledName); ok {
		c.Sampling = keepIf(text == "1" || strings.EqualFold(text, "t") || strings.EqualFold(text, "true"))
	}
	c.Sampling = c.Decision()
	return c, true
}

// SampleRate reads x-b3-sampled as a number.
func (b3) SampleRate(h http.Header) (float64, bool) {
	text, ok := wire.First(h, wire.B3SampledName)
	switch {
	case !ok:
		return 0, false
	case text == "0":
		return 0, true
	case text == "1":
		return 1, true
	}
	return wire.Sample(http.Header{wire.SampleName: {text}})
}

func (b3) Inject(h http.Header, c Context) {
	if !c.IsValid() {
		return
	}
	b3{}.Clear(h)
	lines := []string{b3TraceText(c), c.Span.String(), ""}
	h[wire.B3TraceIDName] = lines[0:1:1]
	h[wire.B3SpanIDName] = lines[1:2:2]
	if c.Parent.IsValid() {
		lines[2] = c.Parent.String()
		h[wire.B3ParentSpanIDName] = lines[2:]
	}
	switch c.Decision() {
	case Keep:
		h[wire.B3SampledName] = []string{"1"}
	case Drop:
		h[wire.B3SampledName] = []string{"0"}
	}
	if c.Debug() {
		h[wire.B3FlagsName] = []string{"1"}
	}
}

func (b3) Clear(h http.Header) {
	wire.Del(h, wire.B3TraceIDName, wire.B3SpanIDName, wire.B3ParentSpanIDName, wire.B3SampledName, wire.B3FlagsName)
}

// b3TraceID reads a trace id of up to 32 digits; of a longer one the last 32.
func b3TraceID(s string) (id oteltrace.TraceID, wide, ok bool) {
	s = lastDigits(s, 32)
	if len(s) > 16 {
		high, ok := digits(s[:len(s)-16])
		if !ok {
			return id, false, false
		}
		binary.BigEndian.PutUint64(id[:8], high)
		wide, s = true, s[len(s)-16:]
	}
	low, ok := digits(s)
	binary.BigEndian.PutUint64(id[8:], low)
	if !ok || !id.IsValid() {
		return oteltrace.TraceID{}, false, false
	}
	return id, wide, true
}

// b3TraceText writes 32 digits for a wide id, else 16.
func b3TraceText(c Context) string {
	if _, high := c.halves(); c.Wide || high != 0 {
		return c.Trace.String()
	}
	return hex.EncodeToString(c.Trace[8:])
}

// lastDigits drops what stands before the last n bytes.
func lastDigits(s string, n int) string { return s[max(0, len(s)-n):] }

// flagsWord reads a decimal flags word, signed as Java prints it or not;
// anything else is 0.
func flagsWord(s string) uint64 {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return uint64(n)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
