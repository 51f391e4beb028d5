package trace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace/internal/drops"
)

// PipelineConfig configures a Pipeline. A zero field means its default.
type PipelineConfig struct {
	// Exporter sends the spans. It must be set. The pipeline shuts it down.
	Exporter Exporter
	// QueueSize is the greatest number of spans in the pipeline, those that
	// are being sent included. Default: 16384.
	QueueSize int
	// BatchSize is the greatest number of spans of one Export. Default:
	// 2048, and never more than QueueSize.
	BatchSize int
	// FlushEvery is the longest that a span waits for its batch to fill.
	// Default: 1 s.
	FlushEvery time.Duration
	// ExportTimeout bounds one Export. Default: 10 s.
	ExportTimeout time.Duration
	// MaxRetries is how often a batch is tried again before it is dropped.
	// Default: 5. Negative: never.
	MaxRetries int
	// RetryMin and RetryMax bound the wait before a retry. It begins with
	// RetryMin and doubles; each is lengthened by up to a half at random.
	// Default: 100 ms and 5 s.
	RetryMin, RetryMax time.Duration
}

// Pipeline is a Sink that sends spans to an Exporter in batches, from a goroutine of
// its own. Add never blocks and takes no lock. At any moment each span that was added
// is exactly one of exported, dropped for a counted reason, and queued.
type Pipeline struct {
	cfg   PipelineConfig
	queue queue
	count counters

	wake   chan struct{}
	flush  chan chan struct{}
	stop   chan struct{} // closed by Close
	done   chan struct{} // closed when the goroutine has returned
	once   sync.Once
	ctx    context.Context // of all exports
	cancel context.CancelFunc

	closing  atomic.Bool // Add drops spans
	finished atomic.Bool // the goroutine does not read the queue any more
	shutdown error       // the exporter's; set before done is closed
}

// NewPipeline returns a running Pipeline, which the caller must close. A missing
// Exporter or a negative size or duration is an error.
func NewPipeline(c PipelineConfig) (*Pipeline, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Pipeline{
		cfg:   c,
		wake:  make(chan struct{}, 1),
		flush: make(chan chan struct{}),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	// The exporter's client finds a dropped span in its context, so that an
	// export is not traced itself.
	dropped := newRoot(false)
	dropped.Sampling = Drop
	p.ctx, p.cancel = context.WithCancel(oteltrace.ContextWithSpan(context.Background(), &nonRecordingSpan{ctx: dropped}))
	go p.run()
	return p, nil
}

func (c PipelineConfig) withDefaults() (PipelineConfig, error) {
	if c.Exporter == nil {
		return c, errors.New("trace: pipeline: no Exporter")
	}
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{{"QueueSize", &c.QueueSize, 16384}, {"BatchSize", &c.BatchSize, 2048}} {
		if *f.value < 0 {
			return c, fmt.Errorf("trace: pipeline: %s is negative: %d", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	for _, f := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"FlushEvery", &c.FlushEvery, time.Second},
		{"ExportTimeout", &c.ExportTimeout, 10 * time.Second},
		{"RetryMin", &c.RetryMin, 100 * time.Millisecond},
		{"RetryMax", &c.RetryMax, 5 * time.Second},
	} {
		if *f.value < 0 {
			return c, fmt.Errorf("trace: pipeline: %s is negative: %v", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	switch {
	case c.MaxRetries == 0:
		c.MaxRetries = 5
	case c.MaxRetries < 0:
		c.MaxRetries = 0
	}
	c.BatchSize = min(c.BatchSize, c.QueueSize)
	c.RetryMax = max(c.RetryMax, c.RetryMin)
	return c, nil
}

// Add queues a span. If the queue is full, or after Close, it is dropped and
// counted.
func (p *Pipeline) Add(r *Record) {
	p.count.received.Add(1)
	if p.closing.Load() {
		p.drop(drops.Shutdown, 1)
		return
	}
	if p.count.held.Add(1) > int64(p.cfg.QueueSize) {
		p.count.held.Add(-1)
		p.drop(drops.QueueFull, 1)
		return
	}
	waiting := p.queue.push(r)
	if waiting >= int64(p.cfg.BatchSize) {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	if p.finished.Load() {
		// Close finished after the check above: the goroutine will not read
		// this span.
		p.dropQueued()
	}
}

// Flush waits until all spans that were added before it are exported or
// dropped, or until ctx is done.
func (p *Pipeline) Flush(ctx context.Context) error {
	flushed := make(chan struct{})
	select {
	case p.flush <- flushed:
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("trace: flush: %w", ctx.Err())
	}
	select {
	case <-flushed:
		return nil
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("trace: flush: %w", ctx.Err())
	}
}

// closeGrace is how long Close waits for an Export whose ctx has ended.
const closeGrace = time.Second

// Close drops further spans, sends the queued ones until ctx is done, drops the rest,
// shuts the exporter down and waits for the pipeline's goroutine. If an Export does
// not return within a second after its ctx is done, Close returns an error without
// waiting for it. Close may be called more than once.
func (p *Pipeline) Close(ctx context.Context) error {
	p.once.Do(func() {
		p.closing.Store(true)
		close(p.stop)
	})
	select {
	case <-p.done:
		return p.shutdown
	case <-ctx.Done():
	}
	p.cancel()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-p.done:
		return errors.Join(fmt.Errorf("trace: close: spans may be left: %w", ctx.Err()), p.shutdown)
	case <-grace.C:
		return fmt.Errorf("trace: close: the exporter does not return: %w", ctx.Err())
	}
}
