package trace

import (
	"encoding/binary"
	"fmt"
	"math"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// Sampler decides which traces are recorded, by the trace id alone: every
// process with the same rate makes the same decision about a trace, and what a
// lower rate keeps a higher rate keeps too. It is safe for concurrent use.
//
// It uses the low 64 bits of the id, because a hop on the way may have cut off the
// others. They are mixed first, because ids need not be random.
type Sampler struct {
	rate  float64
	bound uint64
	all   bool
}

// NewSampler returns a sampler that keeps the given share of all traces. The
// rate lies between 0 (none) and 1 (all); anything else is an error.
func NewSampler(rate float64) (*Sampler, error) {
	if math.IsNaN(rate) || rate < 0 || rate > 1 {
		return nil, fmt.Errorf("trace: sampler: rate %v is not between 0 and 1", rate)
	}
	s := samplerAt(rate)
	return &s, nil
}

// Sample reports whether the trace with this id is kept.
func (s *Sampler) Sample(id oteltrace.TraceID) bool {
	return s.all || mix(binary.BigEndian.Uint64(id[8:])) < s.bound
}

// Rate returns the rate that the sampler was made with.
func (s *Sampler) Rate() float64 { return s.rate }

func samplerAt(rate float64) Sampler {
	if rate >= 1 {
		return Sampler{rate: rate, all: true}
	}
	return Sampler{rate: rate, bound: uint64(rate * (1 << 64))}
}

// mix is the finalizer of the splitmix64 generator: each input bit changes
// about half of the output bits, and different inputs never collide.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
