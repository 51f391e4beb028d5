package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// measure is the whole run, from starting the processes to the report.
func measure(ctx context.Context, o options, progress io.Writer) (r *report, err error) {
	if err := kernelReadable(); err != nil {
		return nil, err
	}
	where, err := coresHere()
	if err != nil {
		return nil, err
	}
	l, err := startLab(ctx, where)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	field, skipped, err := l.startCandidates(ctx, o.candidates())
	if err != nil {
		return nil, err
	}
	for _, line := range skipped {
		fmt.Fprintln(progress, line)
	}

	all, err := l.rounds(ctx, o, field, progress)
	if err != nil {
		return nil, err
	}
	late, err := l.latency(ctx, o, field, func(*candidate) int { return o.rate }, progress)
	if err != nil {
		return nil, err
	}
	var busy delays
	var idle []idleRow
	if o.figures() {
		if busy, err = l.latency(ctx, o, field, all.saturating, progress); err != nil {
			return nil, err
		}
		if idle, err = l.idle(ctx, o, field, progress); err != nil {
			return nil, err
		}
	}
	fmt.Fprintln(progress, "spans")
	delivered, err := l.delivery(ctx, o, field)
	if err != nil {
		return nil, err
	}
	r = &report{
		Machine: machine{
			OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU(),
			Backend: l.backend, CandidateCores: where.candidates, OtherCores: where.others,
		},
		Rounds: o.rounds, WindowSeconds: o.window.Seconds(), Connections: o.connections, Rate: o.rate, AnswerBytes: answerBytes,
		Throughput: throughputRows(field, all),
		Latency:    latencyRows(field, late),
		Spans:      spanRows(field, delivered),
		Skipped:    skipped,
	}
	if o.figures() {
		r.Saturated, r.Idle = latencyRows(field, busy), idle
		r.Goals = figureGoals(all, late, busy, delivered, idle)
	} else if !o.onlyBefore && !o.hopAlone() {
		r.Goals = goals(all, late, delivered)
	}
	if o.before != "" {
		r.Before = compare(field, all, late)
		r.Before.Binary, r.Before.BuiltOtherwise = o.before, builtOtherwise(field)
	}
	return r, nil
}

// pause is a moment between two windows, for the last requests' garbage and
// spans.
const pause = 100 * time.Millisecond

// sleep returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
