package main

import (
	"context"
)

// outcome is how a candidate ended.
type outcome struct {
	requests int
	expected float64 // spans: two for each sampled request
	arrived  uint64
	fate     *fate // by its own account, if it keeps one
	peak     int64 // bytes of memory
}

// outcomes are by the candidate's name.
type outcomes map[string]outcome

// delivery counts what arrives of the spans of the whole run. Each candidate is
// under full load once more and is told to stop the moment that it ends.
func (l *lab) delivery(ctx context.Context, o options, field []*candidate) (outcomes, error) {
	all := outcomes{}
	for _, c := range field {
		if c.collector.name != "" {
			if _, err := l.window(ctx, o, c, 2*o.window, 0); err != nil {
				return nil, err
			}
		}
		end := outcome{requests: c.requests, expected: 2 * c.rate * float64(c.requests)}
		var err error
		if end.peak, err = peakMemory(c.process.pid()); err != nil {
			return nil, err
		}
		if c.collector.name != "" {
			var last any
			if c.process.own {
				last = &end.fate
			}
			undo := context.AfterFunc(ctx, c.process.kill)
			err := c.process.stop(c.collector.grace()+closeTime, last)
			undo()
			if err != nil {
				return nil, err
			}
		}
		all[c.name] = end
	}
	arrived, err := l.arrived(ctx)
	if err != nil {
		return nil, err
	}
	for name, end := range all {
		end.arrived = arrived[name]
		all[name] = end
	}
	return all, nil
}
