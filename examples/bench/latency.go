package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// delay is how long requests of one window took, in microseconds.
type delay struct{ p50, p99 float64 }

// delays are those of all windows of a candidate, by its name.
type delays map[string][]delay

// latency measures how long requests take at a fixed rate, far from full load.
func (l *lab) latency(ctx context.Context, o options, field []*candidate, rate func(*candidate) int, progress io.Writer) (delays, error) {
	var in []*candidate
	for _, c := range field {
		if c.latency {
			in = append(in, c)
		}
	}
	all := delays{}
	if len(in) == 0 {
		return all, nil
	}
	for round := range o.rounds {
		fmt.Fprintf(progress, "latency %d of %d\n", round+1, o.rounds)
		for _, i := range rand.Perm(len(in)) {
			if err := sleep(ctx, pause); err != nil {
				return nil, err
			}
			c := in[i]
			r, err := l.window(ctx, o, c, o.window, rate(c))
			if err != nil {
				return nil, err
			}
			all[c.name] = append(all[c.name], delay{microseconds(r.P50), microseconds(r.P99)})
		}
	}
	return all, nil
}

// saturation is the part of a candidate's full load at which latency is measured, beside a
// rate that is the same for all.
const saturation = 0.7

func (s samples) saturating(c *candidate) int {
	return max(1, int(saturation*spreadOf(each(s[c.name], sample.perSecond)).Median))
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func (d delay) median() float64 { return d.p50 }
func (d delay) late() float64   { return d.p99 }

// ratios compares two candidates round by round: nothing if one is not there.
func (d delays) ratios(of, to string, value func(delay) float64) []float64 {
	return ratios(d[of], d[to], value)
}
