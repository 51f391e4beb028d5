package trace

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/meshhop/meshhop/internal/wire"
)

// Bridge returns a propagator that reads several formats and writes several.
// The first of extract that yields a context wins; if it is no W3C but a
// later one knows the same trace with a tracestate or as a random one, that is
// kept. All of
// inject are written. A bridge that extracts nothing makes roots; one that
// injects nothing writes nothing. Clear removes the headers of all of them.
func Bridge(extract, inject []Propagator) Propagator {
	return BridgeClearing(extract, inject, slices.Concat(extract, inject))
}

// BridgeClearing returns a [Bridge] of which Clear removes the headers of the
// members of clear. A format that is in clear alone goes no further, though
// nobody here reads or writes it. One that is extracted but neither cleared nor
// injected passes as it came, for whoever comes next.
func BridgeClearing(extract, inject, clear []Propagator) Propagator {
	return bridge{extract: slices.Clone(extract), inject: slices.Clone(inject), clear: slices.Clone(clear)}
}

type bridge struct{ extract, inject, clear []Propagator }

func (b bridge) Extract(h http.Header) (Context, bool) {
	for i, p := range b.extract {
		c, ok := p.Extract(h)
		if !ok {
			continue
		}
		for _, later := range b.extract[i+1:] {
			if o, ok := later.Extract(h); ok && o.Trace == c.Trace {
				c.State = cmp.Or(c.State, o.State)
				c.Random = c.Random || o.Random
			}
		}
		return c, true
	}
	return Context{}, false
}

func (b bridge) Inject(h http.Header, c Context) {
	for _, p := range b.inject {
		p.Inject(h, c)
	}
}

func (b bridge) Clear(h http.Header) {
	for _, p := range b.clear {
		p.Clear(h)
	}
}

// SampleRate prefers l5d-sample if any member goes by it. Members whose
// headers came after the winner's are not asked: they speak of another trace.
func (b bridge) SampleRate(h http.Header) (float64, bool) {
	for _, p := range b.extract {
		if _, ok := p.(rater); !ok {
			if rate, ok := wire.Sample(h); ok {
				return rate, true
			}
			break
		}
	}
	for _, p := range b.extract {
		if r, ok := p.(rater); ok {
			if rate, ok := r.SampleRate(h); ok {
				return rate, true
			}
		}
		if _, ok := p.Extract(h); ok {
			break
		}
	}
	return 0, false
}

// sampleRate returns the rate that a request orders.
func sampleRate(p Propagator, h http.Header) (float64, bool) {
	if r, ok := p.(rater); ok {
		return r.SampleRate(h)
	}
	return wire.Sample(h)
}
