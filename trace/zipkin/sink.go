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
	// Compression says whether bodies are compressed. Default: Automatic.
	Compression Compression
	// Client sends the posts. Default: one of the sink's own, which follows no
	// redirects and uses no proxy of the environment, for that may well be the
	// mesh whose spans these are.
	Client *http.Client
	// Timeout bounds one post. Default: 10 s.
	Timeout time.Duration
	// MaxBodyBytes is the greatest size of a post, before compression; only
	// a single span may be larger. A collector that answers 413 gets smaller
	// ones. While the collector keeps up posts are smaller: one begins when
	// 512 KiB have come together. Default: 4 MiB; Zipkin itself takes 10 MiB,
	// but a server in front of it may not. By Scribe, 1 MiB at most. Less
	// than 1 KiB is an error.
	MaxBodyBytes int
	// MaxBytes is the budget: the most memory for spans that wait or are
	// being sent. A span for which there is no room is dropped. What comes
	// on top are the compressors (1.2 MB for each upload), and for the moment
	// of Add a span that is larger than a buffer. Default: 64 MiB.
	// Less than 64 KiB is an error.
	MaxBytes int
	// FlushEvery is the longest that a span waits for company, while the
	// collector keeps up. Default: 1 s.
	FlushEvery time.Duration
	// Uploads is the greatest number of posts at a time. A second one
	// begins only when MaxBodyBytes have come together, or
	// FlushEvery has passed, before the first is answered; and none while
	// posts fail. Default: 8.
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
	// ErrorLog is told why spans were given up, once for each post. It is
	// not told of those that found no room; Stats counts all. Default:
	// nobody.
	//
	// With the transport Auto it is told too, at the level Info, by which
	// transport spans arrive, when that is first so and when it changes.
	ErrorLog *slog.Logger
}

// Sink is a trace.Sink that sends spans to Zipkin. Add writes a span in the form
// in which it is sent at once, on the caller's goroutine, and keeps nothing of the record; it waits
// for no post. Posts are few and large: one a second with little to send, of
// half a MiB with much, and of MaxBodyBytes behind a slow collector.
//
// Each span that was added is, at any moment, exactly one of exported, dropped
// for a counted reason, and queued. An answer of 2xx is success. After 408,
// 429, 5xx and a failed connection the post is tried again, so a collector may
// see a span twice, never less than once for each that is counted as exported.
type Sink struct {
	cfg    Config
	route  *route
	encode func([]byte, *trace.Record) []byte // what chunks are made of
	shards []shard
	room   room
	count  sinkCounters

	wake   chan struct{}
	done   chan struct{} // closed when the sink's goroutine has returned
	once   sync.Once
	ctx    context.Context // the posts'
	cancel context.CancelFunc
	posts  sync.WaitGroup

	due    bool          // the flush interval has passed; of the sink's goroutine
	gaveUp atomic.Bool   // the last post to end was given up
	left   atomic.Uint64 // spans that Close dropped

	mu    sync.Mutex
	queue queue
}

// New returns a running Sink; Close it. An endpoint that is not an http or
// https URL, a negative number, a size that is too small and an unknown
// Compression are errors. No connection is made yet.
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
	s.room.limit = int64(c.MaxBytes)
	s.room.usual = usualSpan
	if route.scribe != nil {
		s.encode, s.room.usual = appendEntry, usualEntry
	}
	s.room.size = min(chunkBytes, c.MaxBytes/minChunks, c.MaxBodyBytes-1)
	s.queue.maxBody = c.MaxBodyBytes
	s.queue.uploads = c.Uploads
	// Whatever the client calls finds a span that is dropped, so that a post
	// is never traced itself.
	id := rand.Uint64() | 1
	quiet := trace.Context{Trace: oteltrace.TraceID{8: byte(id >> 8), 15: byte(id)}, Span: oteltrace.SpanID{0: byte(id >> 8), 7: byte(id)}, Sampling: trace.Drop}
	s.ctx, s.cancel = context.WithCancel(trace.ContextWithRemote(context.Background(), quiet))
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

// flush has everything sent that is there now, and returns what is closed when
// that is done. If last, nothing more is taken.
func (s *Sink) flush(last bool) <-chan struct{} {
	s.sealAll(last)
	s.mu.Lock()
	s.queue.closed = s.queue.closed || last
	settled := s.queue.flush()
	s.mu.Unlock()
	s.poke()
	return settled
}

// closeGrace is how long Close waits for a post whose ctx has ended.
const closeGrace = time.Second

// Close refuses further spans, sends what is queued for as long as ctx lasts,
// drops the rest and waits for the sink's goroutines. Once a post has been
// given up, each of the others is tried once more only, until one succeeds. A
// Client that does not return although its ctx is done is left behind, with an
// error. Close may be called more than once.
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

// poke has the sink's goroutine look at the queue.
func (s *Sink) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
