package trace

import (
	"encoding/binary"
	"fmt"
	"math"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// Sampler decides which traces are recorded, by the trace id and, if it has rules, the
// name of the request: every process with the same rates makes the same decision about
// a trace, and what a lower rate keeps a higher rate keeps too. It is safe for
// concurrent use.
//
// It uses the low 64 bits of the id, because a hop on the way may have cut off the
// others. They are mixed first, because ids need not be random.
type Sampler struct {
	share // of traces for which there is no rule
	rules samplerRules
	limit *samplerLimit // nil: there is none
}

// SamplerConfig configures a Sampler.
type SamplerConfig struct {
	// Rate is the share of all traces that is kept, from 0 (none) to 1 (all).
	Rate float64
	// Services are rates of their own for requests with certain names. Of those that
	// apply the one with the longest prefix does. Only the server span of a Hop has a
	// name, that of its request; Rate is for all other spans that begin a trace.
	Services []ServiceRate
	// MaxPerSecond is the most traces that the sampler keeps in any second. If more are
	// wanted, it lowers all rates to what would have kept that many in the second before;
	// what a rate that is lowered in this way keeps, a higher one keeps too. Traces that it
	// is not asked about, because a caller has decided or because of a debug flag, do not
	// count. Default 0: no limit.
	MaxPerSecond int
}

// ServiceRate is the rate of the requests whose name begins with a prefix.
type ServiceRate struct {
	// Prefix is the beginning of a name, by whole segments: "/svc/users" is one of
	// "/svc/users" and "/svc/users/eu", and none of "/svc/users2".
	Prefix string
	// Rate is the share of these traces that is kept, from 0 to 1.
	Rate float64
}

// NewSampler returns a sampler that keeps the given share of all traces. The
// rate lies between 0 (none) and 1 (all); anything else is an error.
func NewSampler(rate float64) (*Sampler, error) { return NewSamplerWith(SamplerConfig{Rate: rate}) }

// NewSamplerWith returns a sampler. A rate that does not lie between 0 and 1, a prefix that
// is no path of at least one segment or that occurs twice, and a negative limit are errors.
func NewSamplerWith(c SamplerConfig) (*Sampler, error) {
	if err := checkRate(c.Rate); err != nil {
		return nil, err
	}
	rules, err := samplerRulesOf(c.Services)
	if err != nil {
		return nil, err
	}
	s := &Sampler{share: shareOf(c.Rate), rules: rules}
	if c.MaxPerSecond < 0 || c.MaxPerSecond > maxPerSecond {
		return nil, fmt.Errorf("trace: sampler: MaxPerSecond is %d, not from 0 to %d", c.MaxPerSecond, maxPerSecond)
	}
	if c.MaxPerSecond > 0 {
		s.limit = newSamplerLimit(c.MaxPerSecond)
	}
	return s, nil
}

func checkRate(rate float64) error {
	if math.IsNaN(rate) || rate < 0 || rate > 1 {
		return fmt.Errorf("trace: sampler: rate %v is not between 0 and 1", rate)
	}
	return nil
}

// Sample reports whether the trace with this id is kept, if its request has no name. It
// counts for MaxPerSecond.
func (s *Sampler) Sample(id oteltrace.TraceID) bool { return s.SampleNamed(id, "") }

// SampleNamed is Sample for a request of this name, such as "/svc/users".
func (s *Sampler) SampleNamed(id oteltrace.TraceID, name string) bool {
	keep, _ := s.decide(id, name)
	return keep
}

// Rate returns the rate that the sampler was made with, which is that of names without a
// rule.
func (s *Sampler) Rate() float64 { return s.rate }

// Limited returns how many traces were not kept because of MaxPerSecond.
func (s *Sampler) Limited() uint64 {
	if s.limit == nil {
		return 0
	}
	return s.limit.refused.Load()
}

// decide also returns the rate by which the decision was made.
func (s *Sampler) decide(id oteltrace.TraceID, name string) (keep bool, rate float64) {
	at, mixed := s.rules.of(name, s.share), mixedID(id)
	if !at.has(mixed) || s.limit == nil {
		return at.has(mixed), at.rate
	}
	keep, bound := s.limit.take(mixed)
	return keep, min(at.rate, float64(bound)/(1<<64))
}

// needsName reports whether the decision depends on the name of the request.
func (s *Sampler) needsName(id oteltrace.TraceID) bool {
	if s == nil || len(s.rules) == 0 {
		return false
	}
	mixed := mixedID(id)
	return s.has(mixed) || s.rules.mayHave(mixed)
}

// share is a part of all ids.
type share struct {
	rate  float64
	bound uint64 // of mixed ids
	all   bool
}

func shareOf(rate float64) share {
	if rate >= 1 {
		return share{rate: rate, bound: math.MaxUint64, all: true}
	}
	return share{rate: rate, bound: uint64(rate * (1 << 64))}
}

func (s share) has(mixed uint64) bool { return s.all || mixed < s.bound }

// mixedID is the id of a trace by which samplers decide.
func mixedID(id oteltrace.TraceID) uint64 { return mix(binary.BigEndian.Uint64(id[8:])) }

// mix is the finalizer of the splitmix64 generator: each input bit changes
// about half of the output bits, and different inputs never collide.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
