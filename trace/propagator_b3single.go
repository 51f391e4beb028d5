package trace

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

// B3Single returns the propagator of the single b3 header,
// {trace id}-{span id}[-{0, 1 or d}[-{parent span id}]] (github.com/openzipkin/b3-propagation).
// A b3 header that is only a decision orders a sample rate of 0 or 1 (see
// Propagator).
func B3Single() Propagator { return b3Single{} }

type b3Single struct{}

func (b3Single) Extract(h http.Header) (Context, bool) {
	text, _ := wire.First(h, wire.B3Name)
	fields, rest, n := [4]string{}, text, 0
	for more := true; more; n++ {
		if n == len(fields) {
			return Context{}, false
		}
		fields[n], rest, more = strings.Cut(rest, "-")
	}
	if n < 2 {
		return Context{}, false
	}
	var c Context
	var ok bool
	if len(fields[0]) > 32 {
		return Context{}, false
	}
	if c.Trace, c.Wide, ok = b3TraceID(fields[0]); !ok {
		return Context{}, false
	}
	span, ok := digits(fields[1])
	if !ok || span == 0 {
		return Context{}, false
	}
	c.Span = spanID(span)
	if n > 2 {
		switch fields[2] {
		case "0":
			c.Sampling = Drop
		case "1":
			c.Sampling = Keep
		case "d":
			c.Sampling, c.Flags = Keep, ctxhdr.FlagDebug
		default:
			return Context{}, false
		}
	}
	if n > 3 {
		parent, ok := digits(fields[3])
		if !ok {
			return Context{}, false
		}
		if parent != span {
			c.Parent = spanID(parent)
		}
	}
	return c, true
}

// SampleRate reads a b3 header that is only a decision, and otherwise
// l5d-sample.
func (b3Single) SampleRate(h http.Header) (float64, bool) {
	switch text, _ := wire.First(h, wire.B3Name); text {
	case "0":
		return 0, true
	case "1", "d":
		return 1, true
	}
	return wire.Sample(h)
}

func (b3Single) Inject(h http.Header, c Context) {
	if !c.IsValid() {
		return
	}
	var buf [71]byte
	b := append(buf[:0], b3TraceText(c)...)
	b = append(b, '-')
	b = append(b, c.Span.String()...)
	decision := c.Decision()
	switch {
	case c.Debug():
		b = append(b, "-d"...)
	case decision == Keep:
		b = append(b, "-1"...)
	case decision == Drop:
		b = append(b, "-0"...)
	}
	if c.Parent.IsValid() && decision != Undecided {
		b = append(b, '-')
		b = append(b, c.Parent.String()...)
	}
	wire.Del(h, wire.B3Name)
	h[wire.B3Name] = []string{string(b)}
}

func (b3Single) Clear(h http.Header) { wire.Del(h, wire.B3Name) }
