package config

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace"
)

// readSampling reads the keys of a telemeter that say which traces it samples, and which it
// keeps although nobody did; rate is what its key for the rate is called.
func readSampling(d *Decoder, rate string, t *Telemeter) {
	t.SampleRate = sampleRate(d, rate, defaultSampleRate)
	t.MaxTracesPerSecond = d.Int("maxTracesPerSecond", 0, 1, maxTracesPerSecond)
	for _, one := range d.Groups("services") {
		one.Need("prefix")
		one.Need("sampleRate")
		rate := trace.ServiceRate{Prefix: one.Name("prefix", resolve.Path{}).String(), Rate: sampleRate(one, "sampleRate", 0)}
		switch {
		case rate.Prefix == "/":
			if one.Has("prefix") && !one.odd("prefix") && one.Text("prefix", "") == "/" { // else it is in the report
				one.Errorf("prefix", "must have at least one segment, such as /svc/users")
			}
		case slices.ContainsFunc(t.Services, func(other trace.ServiceRate) bool { return other.Prefix == rate.Prefix }):
			one.Errorf("prefix", "%s occurs twice", rate.Prefix)
		default:
			t.Services = append(t.Services, rate)
		}
		one.Done()
	}
	if keep, ok := d.Group("keep"); ok {
		t.Keep = &trace.KeepConfig{
			Errors:             keep.Bool("errors", false),
			Slowest:            keep.Int("slowest", 0, 0, maxSlowest),
			Overrides:          keep.Bool("overrides", false),
			MaxTracesPerSecond: keep.Int("maxTracesPerSecond", 100, 1, maxTracesPerSecond),
			Buffer:             keep.Duration("bufferMs", 5*time.Second, time.Millisecond),
			BufferBytes:        keep.Int("bufferBytes", 64<<20, 64<<10, math.MaxInt32),
		}
		keep.Done()
	}
}

// Bounds of what package trace accepts.
const (
	maxTracesPerSecond = 100_000
	maxSlowest         = 100
)

// deciding are the telemeters that decide which traces are sampled: those that follow do
// only if no other one does.
func deciding(all []telemeterSection) (some []telemeterSection) {
	var following []telemeterSection
	for _, t := range all {
		switch {
		case !t.takesSpans():
		case t.Follows:
			following = append(following, t)
		default:
			some = append(some, t)
		}
	}
	if len(some) == 0 {
		return following
	}
	return some
}

// samplerOf is the sampler of all telemeters: it samples a trace if any of them does.
func samplerOf(all []telemeterSection) trace.SamplerConfig {
	some := deciding(all)
	var c trace.SamplerConfig
	c.Rate = highest(some, "")
	limited := len(some) > 0
	for _, t := range some {
		limited = limited && t.MaxTracesPerSecond > 0
		for _, s := range t.Services {
			if !slices.ContainsFunc(c.Services, func(other trace.ServiceRate) bool { return other.Prefix == s.Prefix }) {
				c.Services = append(c.Services, trace.ServiceRate{Prefix: s.Prefix, Rate: highest(some, s.Prefix)})
			}
		}
	}
	if limited {
		for _, t := range some {
			c.MaxPerSecond = max(c.MaxPerSecond, t.MaxTracesPerSecond)
		}
	}
	return c
}

// highest is the highest rate that any telemeter has for the names with a prefix.
func highest(some []telemeterSection, prefix string) (rate float64) {
	for _, t := range some {
		rate = max(rate, t.rateFor(prefix))
	}
	return rate
}

// rateFor is the telemeter's rate for all names that begin with a prefix, unless there is a
// rate for a longer one.
func (t Telemeter) rateFor(prefix string) float64 {
	rate, length := t.SampleRate, 0
	for _, s := range t.Services {
		if n := len(s.Prefix); n > length && strings.HasPrefix(prefix+"/", s.Prefix+"/") {
			rate, length = s.Rate, n
		}
	}
	return rate
}

// keepOf is what any telemeter keeps. All of them get it.
func keepOf(all []telemeterSection) *trace.KeepConfig {
	var c *trace.KeepConfig
	for _, t := range all {
		switch k := t.Keep; {
		case k == nil || !t.takesSpans():
		case c == nil:
			one := *k
			c = &one
		default:
			c.Errors, c.Overrides, c.Slowest = c.Errors || k.Errors, c.Overrides || k.Overrides, max(c.Slowest, k.Slowest)
			c.MaxTracesPerSecond = max(c.MaxTracesPerSecond, k.MaxTracesPerSecond)
			c.Buffer, c.BufferBytes = max(c.Buffer, k.Buffer), max(c.BufferBytes, k.BufferBytes)
		}
	}
	return c
}
