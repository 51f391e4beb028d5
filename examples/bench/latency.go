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
func (l *lab) latency(ctx context.Context, o options, field []*candidate, progress io.Writer) (delays, error) {
	var in []*candidate
	for _, c := range field {
		if c.latency {
			in = append(in, c)
		}
	}
	all := delays{}
	for round := range o.rounds {
		fmt.Fprintf(progress, "latency %d of %d\n", round+1, o.rounds)
		for _, i := range rand.Perm(len(in)) {
			if err := sleep(ctx, pause); err != nil {
				return nil, err
			}
			c := in[i]
			r, err := l.window(ctx, o, c, o.window, o.rate)
			if err != nil {
				return nil, err
			}
			all[c.name] = append(all[c.name], delay{microseconds(r.P50), microseconds(r.P99)})
		}
	}
	return all, nil
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// p99Ratios compares two candidates round by round.
func (d delays) p99Ratios(of, to string) []float64 {
	var all []float64
	for i := range min(len(d[of]), len(d[to])) {
		all = append(all, d[of][i].p99/d[to][i].p99)
	}
	return all
}
