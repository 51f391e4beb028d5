package trace

import (
	"fmt"
	"time"
)

// KeepConfig says of which requests a Provider keeps the spans although no sampler chose
// them. The zero value keeps those that a hop behind this one asks for.
//
// All spans that are not sampled are recorded and held in memory for a while after their
// end. When the response to a request begins, it is known whether the request is to be
// kept: then the spans of its trace that are held go to the Sink, and so do those that end
// within the same time, whichever Hop with the same Provider made them. A hop further up
// is told by l5d-keep in the response, which holds the trace id, if the request had
// l5d-ctx-trace; it does the same with its own spans, if it keeps any. What a request says
// of its trace to others is not changed by all this: they see one that is not sampled. A
// request is one that a proxy.Handler serves; a program that only sends requests by a router
// keeps what it is told to.
//
// Spans that are kept have a tag meshhop.keep that says why: "error", "slow", "override",
// or "asked". A tag meshhop.keep.missing says what is known not to be there: "callers" on
// a server span, if its callers could not be told, because the response had begun when the
// request failed or because they do not know l5d-keep; and "evicted" on the span at which
// spans of the trace had left the memory already.
type KeepConfig struct {
	// Errors keeps requests that fail: those with a status of 500 or above, and those
	// that ended without a response.
	Errors bool
	// Slowest is how many of the slowest requests for each service are kept in each
	// minute, by the time until the response begins. A service is a name that one router
	// gave to requests. A request is among them if it took longer than all but
	// Slowest-1 of the same minute until then, and no less than the Slowest-th of those
	// of the whole minute before. On average those are as many as are wanted; in a first
	// minute, and while a service becomes slower, some more. At most 1000 services are
	// told apart; the others count as one. Default 0: none. At most 100.
	Slowest int
	// Overrides keeps requests that bring a dtab of their own.
	Overrides bool
	// MaxTracesPerSecond is how many traces are kept in any second for these reasons, so that
	// an outage, in which everything fails, does not send everything. It is decided by the
	// trace id as SamplerConfig.MaxPerSecond is: hops with the same load keep nearly
	// the same traces. What another hop asks for is kept beside it, as that hop has a limit of its
	// own. Default: 100. Negative: no limit. At most 100,000.
	MaxTracesPerSecond int
	// Buffer is how long spans are held after their end. Default: 5 s.
	Buffer time.Duration
	// BufferBytes is the memory for the spans that are held. If there are more, the oldest
	// leave before their time, and are counted. A span of a hop takes some 1.8 KB. Beside
	// that a twentieth is taken for finding them. Default: 64 MiB. Less than 64 KiB is an
	// error.
	BufferBytes int
}

const (
	defaultKept        = 100 // traces in a second
	defaultBuffer      = 5 * time.Second
	defaultBufferBytes = 64 << 20
	minBufferBytes     = 64 << 10
	maxSlowest         = 100
)

func (c KeepConfig) withDefaults() (KeepConfig, error) {
	if c.MaxTracesPerSecond == 0 {
		c.MaxTracesPerSecond = defaultKept
	}
	if c.Buffer == 0 {
		c.Buffer = defaultBuffer
	}
	if c.BufferBytes == 0 {
		c.BufferBytes = defaultBufferBytes
	}
	switch {
	case c.MaxTracesPerSecond > maxPerSecond:
		return c, fmt.Errorf("trace: provider: Keep.MaxTracesPerSecond is %d, more than %d", c.MaxTracesPerSecond, maxPerSecond)
	case c.Buffer < 0:
		return c, fmt.Errorf("trace: provider: Keep.Buffer is negative: %v", c.Buffer)
	case c.BufferBytes < minBufferBytes:
		return c, fmt.Errorf("trace: provider: Keep.BufferBytes is %d, less than %d", c.BufferBytes, minBufferBytes)
	case c.Slowest < 0 || c.Slowest > maxSlowest:
		return c, fmt.Errorf("trace: provider: Keep.Slowest is %d, not from 0 to %d", c.Slowest, maxSlowest)
	}
	return c, nil
}
