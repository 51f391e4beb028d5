package tracetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/meshhop/meshhop/trace"
)

// Recorder is a trace.Sink that keeps every record. The zero value works. It
// is safe for concurrent use and has no bound.
type Recorder struct {
	mu      sync.Mutex
	records []*trace.Record
	changed chan struct{} // closed and replaced by each Add
}

// Add keeps r.
func (r *Recorder) Add(rec *trace.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// Records returns the records so far, in the order in which their spans ended.
func (r *Recorder) Records() []*trace.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.records)
}

// Reset forgets all records.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = nil
}

// Wait returns the records once there are at least n: a server span ends only
// after its answer has gone out. The error says how many came before ctx was
// done.
func (r *Recorder) Wait(ctx context.Context, n int) ([]*trace.Record, error) {
	for {
		r.mu.Lock()
		got := slices.Clone(r.records)
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed := r.changed
		r.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return got, fmt.Errorf("tracetest: %d of %d spans came: %w", len(got), n, ctx.Err())
		}
	}
}
