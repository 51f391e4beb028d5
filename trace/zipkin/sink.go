package zipkin

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// Config configures a Sink. A zero field means its default.
type Config struct {
	// Transport is how spans are sent. Default: HTTP.
	Transport Transport
	// ScribeAddr is the host:port of a Scribe, for the transports Scribe and
	// Auto. Default: "127.0.0.1:9410".
	ScribeAddr string
	// DialScribe opens the connections to it. Default: a net.Dialer's
	// DialContext.
	DialScribe func(ctx context.Context, network, address string) (net.Conn, error)
	// Endpoint is the URL that spans are posted to, for HTTP and Auto.
	// Default: "http://127.0.0.1:9411/api/v2/spans".
	Endpoint string
	// HostHeader replaces the Host header. Default: the endpoint's host.
	HostHeader string
	// Compression is whether bodies are compressed. Default: Automatic.
	Compression Compression
	// Client sends the posts. Default: one of the sink's own, which follows no
	// redirects and ignores proxies in the environment, which may be the mesh
	// itself.
	Client *http.Client
	// Timeout bounds one post. Default: 10 s.
	Timeout time.Duration
	// MaxBodyBytes is the greatest size of a post, before compression; only
	// a single span may be larger. After a 413 posts are smaller. While the
	// collector keeps up, a post begins as soon as 512 KiB are waiting.
	// Default: 4 MiB; Zipkin itself accepts 10 MiB, but a server in front of
	// it may not. By Scribe, 1 MiB at most. Less than 1 KiB is an error.
	MaxBodyBytes int
	// MaxBytes is the byte budget: the most memory for spans that wait or are
	// being sent. A span that exceeds it is dropped. Not counted are the
	// compressors (1.2 MB for each upload) and, during Add, a span that is
	// larger than a buffer. Go's garbage collector lets a process grow to
	// about twice the memory in use; see GOGC and GOMEMLIMIT. Default: 64 MiB.
	// Less than 64 KiB is an error.
	MaxBytes int
	// FlushEvery is the longest that a span waits for others to be posted with,
	// while the collector keeps up. Default: 1 s.
	FlushEvery time.Duration
	// Uploads is the greatest number of posts at a time. A second one begins
	// only if MaxBodyBytes are waiting, or FlushEvery has passed, before the
	// first has its response; and none while posts fail. Default: 8.
	Uploads int
	// MaxRetries is how often a post is tried again before its spans are
	// dropped. Default: 10, about half a minute. Negative: never.
	// TRY_LATER of a Scribe is tried again like a status 503.
	MaxRetries int
	// RetryMin and RetryMax bound the wait before a retry. It begins with
	// RetryMin and doubles; each is lengthened by up to a half at random. A
	// Retry-After of the collector is honoured up to a minute. Default:
	// 100 ms and 5 s.
	RetryMin, RetryMax time.Duration
	// ErrorLog gets a record, once for each post, when spans are dropped
	// because they could not be delivered. Spans that exceed the budget are
	// not logged; Stats counts all. With the transport Auto it also gets a
	// record at the level Info when spans first arrive by a transport, and when
	// the transport changes. Default: nothing is logged.
	ErrorLog *slog.Logger
}

// Sink is a trace.Sink that sends spans to Zipkin. Add encodes a span at once, on the
// caller's goroutine, and retains nothing of the record; it never waits for a post.
// Posts are few and large: one a second at low load, of half a MiB at high load, and
// of MaxBodyBytes if the collector is slow.
//
// At any moment each span that was added is exactly one of exported, dropped for a
// counted reason, and queued. A response of 2xx is a success. After 408, 429, 5xx and
// a connection failure the post is tried again, so that a collector may get a span
// twice; it gets each span that is counted as exported at least once.
type Sink struct {
	cfg     Config
	route   *route
	encode  func([]byte, *trace.Record) []byte // appends a span to a part
	shards  []shard
	buffers bufferPool
	count   sinkCounters

	wake   chan struct{}
	done   chan struct{} // closed when the sink's goroutine has returned
	once   sync.Once
	ctx    context.Context // of all posts
	cancel context.CancelFunc
	posts  sync.WaitGroup

	due         bool          // the flush interval has passed; used by the sink's goroutine
	lastDropped atomic.Bool   // the batch of the last post to end was dropped
	left        atomic.Uint64 // spans that Close dropped

	mu    sync.Mutex
	queue queue
}

// New returns a running Sink, which the caller must close. An endpoint that is not an
// http or https URL, a negative number, a size that is too small and an unknown
// Compression are errors. New does not connect.
func New(c Config) (*Sink, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	route, err := newRoute(c)
	if err != nil {
		return nil, err
	}
	s := &Sink{
		cfg:    c,
		route:  route,
		encode: appendElement,
		shards: make([]shard, shardsOf(runtime.GOMAXPROCS(0), c.MaxBytes)),
		wake:   make(chan struct{}, 1),
		done:   make(chan struct{}),
	}
	s.buffers.limit = int64(c.MaxBytes)
	s.buffers.usual = usualSpan
	if route.scribe != nil {
		s.encode, s.buffers.usual = appendEntry, usualEntry
	}
	s.buffers.size = min(partBytes, c.MaxBytes/minParts, c.MaxBodyBytes-1)
	s.queue.maxBody = c.MaxBodyBytes
	s.queue.uploads = c.Uploads
	// The client finds a dropped span in its context, so that a post is not
	// traced itself.
	id := rand.Uint64() | 1
	dropped := trace.Context{Trace: oteltrace.TraceID{8: byte(id >> 8), 15: byte(id)}, Span: oteltrace.SpanID{0: byte(id >> 8), 7: byte(id)}, Sampling: trace.Drop}
	s.ctx, s.cancel = context.WithCancel(trace.ContextWithRemote(context.Background(), dropped))
	go s.run()
	return s, nil
}

func (c Config) withDefaults() (Config, error) {
	for _, f := range []struct {
		name            string
		value           *int
		def, allowsFrom int
	}{
		{"MaxBodyBytes", &c.MaxBodyBytes, 4 << 20, 1 << 10},
		{"MaxBytes", &c.MaxBytes, 64 << 20, 64 << 10},
		{"Uploads", &c.Uploads, 8, 1},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if *f.value < f.allowsFrom {
			return c, fmt.Errorf("zipkin: sink: %s is %d, less than %d", f.name, *f.value, f.allowsFrom)
		}
	}
	for _, f := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"Timeout", &c.Timeout, 10 * time.Second},
		{"FlushEvery", &c.FlushEvery, time.Second},
		{"RetryMin", &c.RetryMin, 100 * time.Millisecond},
		{"RetryMax", &c.RetryMax, 5 * time.Second},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if *f.value < 0 {
			return c, fmt.Errorf("zipkin: sink: %s is negative: %v", f.name, *f.value)
		}
	}
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.MaxRetries == 0:
		c.MaxRetries = 10
	case c.MaxRetries < 0:
		c.MaxRetries = 0
	}
	if c.Transport != HTTP {
		c.MaxBodyBytes = min(c.MaxBodyBytes, scribeBatch)
	}
	c.MaxBodyBytes = min(c.MaxBodyBytes, c.MaxBytes/2)
	c.RetryMax = max(c.RetryMax, c.RetryMin)
	return c, nil
}

// Flush waits until all spans that were added before it are exported or
// dropped, or until ctx is done.
func (s *Sink) Flush(ctx context.Context) error {
	select {
	case <-s.flush(false):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("zipkin: flush: %w", ctx.Err())
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
// other posts are not tried again, until one succeeds. If a Client does not return
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
			return fmt.Errorf("zipkin: close: %d spans are left: %w", n, ctx.Err())
		}
		return nil
	case <-grace.C:
		return fmt.Errorf("zipkin: close: the client does not return: %w", ctx.Err())
	}
}

// wakeUp makes the sink's goroutine check the queue.
func (s *Sink) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
