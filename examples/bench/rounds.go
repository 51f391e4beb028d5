package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// sample is one window of one candidate.
type sample struct {
	requests int
	took     time.Duration
	cpu      time.Duration // from its beginning until the candidate's next one
	busy     float64       // the part of the window for which it had a core
	mallocs  uint64        // 0: not known
	memory   int64         // bytes that were resident at its end
}

func (s sample) cpuPerRequest() float64 { return float64(s.cpu.Microseconds()) / float64(s.requests) }
func (s sample) allocations() float64   { return float64(s.mallocs) / float64(s.requests) }
func (s sample) mebibytes() float64     { return mebibytes(s.memory) }
func (s sample) perSecond() float64     { return float64(s.requests) / s.took.Seconds() }

// samples are all windows of a candidate, by its name, a window a round.
type samples map[string][]sample

// warmUp is when connections are made and heaps grow, before the first round.
const warmUp = time.Second

// settle is longer than hops hold spans back.
const settle = 1500 * time.Millisecond

// rounds measures how much each candidate costs under full load. What a window
// leaves behind, such as spans that wait and garbage, is charged to it: its CPU
// time is counted until the candidate's next window begins.
func (l *lab) rounds(ctx context.Context, o options, field []*candidate, progress io.Writer) (samples, error) {
	var in []*candidate
	for _, c := range field {
		if c.throughput {
			in = append(in, c)
		}
	}
	fmt.Fprintf(progress, "warming up %d candidates\n", len(in))
	for _, c := range in {
		if c.mix.Spread > 0 {
			if err := l.once(ctx, o, c, c.mix.Spread); err != nil {
				return nil, err
			}
		}
		if _, err := l.window(ctx, o, c, min(o.window, warmUp), 0); err != nil {
			return nil, err
		}
	}
	all := samples{}
	began := map[string]time.Duration{}
	for round := range o.rounds {
		fmt.Fprintf(progress, "round %d of %d\n", round+1, o.rounds)
		for _, i := range rand.Perm(len(in)) {
			if err := sleep(ctx, pause); err != nil {
				return nil, err
			}
			c := in[i]
			if c.mix.Spread > 0 { // under a steady load connections do not rest as they do between windows
				if err := l.once(ctx, o, c, c.mix.Spread); err != nil {
					return nil, err
				}
			}
			before, err := cpuTime(c.process.pid())
			if err != nil {
				return nil, err
			}
			if round > 0 && c.mix.Spread == 0 {
				all[c.name][round-1].cpu = before - began[c.name]
			}
			began[c.name] = before
			allocated, err := c.mallocs(ctx)
			if err != nil {
				return nil, err
			}
			r, err := l.window(ctx, o, c, o.window, 0)
			if err != nil {
				return nil, err
			}
			after, err := cpuTime(c.process.pid())
			if err != nil {
				return nil, err
			}
			now, err := c.mallocs(ctx)
			if err != nil {
				return nil, err
			}
			resident, err := residentMemory(c.process.pid())
			if err != nil {
				return nil, err
			}
			all[c.name] = append(all[c.name], sample{
				requests: r.Requests, took: r.Took, cpu: after - before, busy: (after - before).Seconds() / r.Took.Seconds(), mallocs: now - allocated, memory: resident,
			})
		}
	}
	if err := sleep(ctx, settle); err != nil {
		return nil, err
	}
	for _, c := range in {
		if c.mix.Spread > 0 {
			continue
		}
		after, err := cpuTime(c.process.pid())
		if err != nil {
			return nil, err
		}
		all[c.name][o.rounds-1].cpu = after - began[c.name]
	}
	return all, nil
}

// ratios compares two candidates round by round: nothing if one is not there.
func (s samples) ratios(of, to string, value func(sample) float64) []float64 {
	return ratios(s[of], s[to], value)
}
