// Package sink is what the sinks of spans have in common, whatever the protocol: the
// buffers that spans are encoded into, the queue, batches, retries, the counters and the
// end. Packages trace/zipkin and trace/otlp say how a span is encoded and how a batch is
// sent; what a Sink promises is written there.
package sink

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/trouble"
	"github.com/meshhop/meshhop/trace"
)

// Config configures a Sink. All fields are required.
type Config struct {
	// Name is the package whose sink it is. Errors begin with it.
	Name string
	// Limits come from Limits.WithDefaults.
	Limits Limits
	// Encode appends a span to the buffer of a part. It is called by several goroutines.
	Encode func([]byte, *trace.Record) []byte
	// UsualSpan is the number of bytes that few spans exceed.
	UsualSpan int
	// Overhead is the greatest number of bytes that a body has beside its parts.
	Overhead int
	// Wire sends batches.
	Wire Wire
	// ErrorLog gets a record when spans are lost, then one a minute at most with how many
	// were lost since, and one when spans arrive again.
	ErrorLog *slog.Logger
}

// Wire sends batches in one protocol.
type Wire interface {
	// Batch makes a batch of parts, which are not changed until it is over.
	Batch(parts []*Part) Batch
	// Close is called when no batch is left.
	Close()
}

// Batch is sent until it arrives, is refused, or was tried too often.
type Batch interface {
	// Send tries once. It calls hold with the number of bytes that it allocates. The
	// Sent of an error that is permanent counts spans that have arrived; with any other
	// error it is 0.
	Send(ctx context.Context, hold func(bytes int)) *trace.ExportError
	// Held is the number of bytes that were passed to hold.
	Held() int
}

// Sink is a trace.Sink that sends spans in batches.
type Sink struct {
	cfg     Config
	shards  []shard
	buffers bufferPool
	count   counters

	wake   chan struct{}
	done   chan struct{} // closed when the sink's goroutine has returned
	once   sync.Once
	ctx    context.Context // of all posts
	cancel context.CancelFunc
	posts  sync.WaitGroup

	due         bool          // the flush interval has passed; used by the sink's goroutine
	lastDropped atomic.Bool   // the batch of the last post to end was dropped
	left        atomic.Uint64 // spans that Close dropped

	lost       trouble.Trouble // batches are
	overflow   trouble.Trouble // spans are, because the budget is spent
	overflowed uint64          // how many were when it was last looked; used by the sink's goroutine

	mu    sync.Mutex
	queue queue
}

// New returns a running Sink, which the caller must close. An Overhead that leaves no room
// for spans is an error.
func New(c Config) (*Sink, error) {
	if c.Overhead > c.Limits.MaxBodyBytes/2 {
		return nil, fmt.Errorf("%s: sink: of MaxBodyBytes, which is %d, what a post says beside its spans takes %d", c.Name, c.Limits.MaxBodyBytes, c.Overhead)
	}
	s := &Sink{
		cfg:    c,
		shards: make([]shard, shardsOf(runtime.GOMAXPROCS(0), c.Limits.MaxBytes)),
		wake:   make(chan struct{}, 1),
		done:   make(chan struct{}),
	}
	s.buffers.limit = int64(c.Limits.MaxBytes)
	s.buffers.usual = c.UsualSpan
	s.buffers.size = min(partBytes, c.Limits.MaxBytes/minParts, c.Limits.MaxBodyBytes-c.Overhead)
	s.queue.maxBody = c.Limits.MaxBodyBytes
	s.queue.overhead = c.Overhead
	s.queue.uploads = c.Limits.Uploads
	// The client finds a dropped span in its context, so that a post is not
	// traced itself.
	id := rand.Uint64() | 1
	dropped := trace.Context{Trace: oteltrace.TraceID{8: byte(id >> 8), 15: byte(id)}, Span: oteltrace.SpanID{0: byte(id >> 8), 7: byte(id)}, Sampling: trace.Drop}
	s.ctx, s.cancel = context.WithCancel(trace.ContextWithRemote(context.Background(), dropped))
	go s.run()
	return s, nil
}

// Flush waits until all spans that were added before it are exported or
// dropped, or until ctx is done.
func (s *Sink) Flush(ctx context.Context) error {
	select {
	case <-s.flush(false):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: flush: %w", s.cfg.Name, ctx.Err())
	}
}

// flush sends everything that is there now, and returns a channel that is closed when
// that is done. If last, later spans are dropped.
func (s *Sink) flush(last bool) <-chan struct{} {
	s.sealAll(last)
	s.mu.Lock()
	s.queue.closed = s.queue.closed || last
	done := s.queue.flush()
	s.mu.Unlock()
	s.wakeUp()
	return done
}

// closeGrace is how long Close waits for a post whose ctx has ended.
const closeGrace = time.Second

// Close drops further spans, sends the queued ones until ctx is done, drops the rest
// and waits for the sink's goroutines. Once the batch of a post has been dropped, the
// other posts are not tried again, until one succeeds. If a post does not return
// within a second after its ctx is done, Close returns an error without waiting for
// it. Close may be called more than once.
func (s *Sink) Close(ctx context.Context) error {
	s.once.Do(func() { s.flush(true) })
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-s.done:
		if n := s.left.Load(); n > 0 {
			return fmt.Errorf("%s: close: %d spans are left: %w", s.cfg.Name, n, ctx.Err())
		}
		return nil
	case <-grace.C:
		return fmt.Errorf("%s: close: the client does not return: %w", s.cfg.Name, ctx.Err())
	}
}

// wakeUp makes the sink's goroutine check the queue.
func (s *Sink) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
