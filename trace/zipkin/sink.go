package zipkin

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/sink"
)

// Config configures a Sink. A zero field means its default.
type Config struct {
	// Transport is how spans are sent:
	//
	//	http    posts of JSON, version 2, to the Endpoint; the default
	//	scribe  calls of the method Log of the Scribe at ScribeAddr, with spans of
	//	        version 1 in framed TBinaryProtocol: the first way that Zipkin had, and
	//	        still has if COLLECTOR_SCRIBE_ENABLED is true
	//	auto    by Scribe if there is one at ScribeAddr, which an empty call of Log finds
	//	        out within 2 s, and else by HTTP
	//
	// With auto the sink looks again after a failure. A batch of which anything was sent
	// stays with its transport. While it is HTTP, each span is encoded twice.
	Transport string
	// ScribeAddr is the host:port of a Scribe, for the transports scribe and
	// auto. Default: "127.0.0.1:9410".
	ScribeAddr string
	// DialScribe opens the connections to it. Default: a net.Dialer's
	// DialContext.
	DialScribe func(ctx context.Context, network, address string) (net.Conn, error)
	// Endpoint is the URL that spans are posted to, for http and auto.
	// Default: "http://127.0.0.1:9411/api/v2/spans".
	Endpoint string
	// HostHeader replaces the Host header. Default: the endpoint's host.
	HostHeader string
	// Compression is whether bodies are compressed: "gzip" always, "none" never, and
	// "auto", the default, unless the endpoint's host is "localhost" or an address of
	// this machine's loopback, where it would only cost time.
	Compression string
	// Client sends the posts. Default: one of the sink's own, which follows no
	// redirects and ignores proxies in the environment, which may be the mesh
	// itself.
	Client *http.Client
	// TLS is for the connections of that client of the sink's own, to an https endpoint.
	// Default: the authorities of the system are trusted.
	TLS *tls.Config
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
	// ErrorLog gets a record when spans are dropped, because they could not be
	// delivered or exceed the budget; then one a minute at most, with how many were
	// dropped since, and one when it is over. With the transport auto it also gets a
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
type Sink struct{ sink *sink.Sink }

// What few spans of a hop exceed, in bytes.
const (
	usualSpan  = 1 << 10
	usualEntry = 2 << 10 // by Scribe
)

// New returns a running Sink, which the caller must close. An endpoint that is not an
// http or https URL, a negative number, a size that is too small and an unknown
// Transport or Compression are errors. New does not connect.
func New(c Config) (*Sink, error) {
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	limits, err := c.limits()
	if err != nil {
		return nil, err
	}
	route, err := newRoute(c, limits)
	if err != nil {
		return nil, err
	}
	config := sink.Config{
		Name: name, Limits: limits, Encode: appendElement, UsualSpan: usualSpan, Wire: route, ErrorLog: c.ErrorLog,
		Overhead: 1, // of the two brackets of the list, the first comes for a comma
	}
	if route.scribe != nil {
		config.Encode, config.UsualSpan = appendEntry, usualEntry
	}
	s, err := sink.New(config)
	if err != nil {
		return nil, err
	}
	return &Sink{s}, nil
}

// name begins the errors of this package.
const name = "zipkin"

func (c Config) limits() (sink.Limits, error) {
	l, err := sink.Limits{
		Timeout: c.Timeout, MaxBodyBytes: c.MaxBodyBytes, MaxBytes: c.MaxBytes, FlushEvery: c.FlushEvery,
		Uploads: c.Uploads, MaxRetries: c.MaxRetries, RetryMin: c.RetryMin, RetryMax: c.RetryMax,
	}.WithDefaults(name)
	if transport, _ := transportOf(c.Transport); transport != byHTTP { // newRoute has the error
		l.MaxBodyBytes = min(l.MaxBodyBytes, scribeBatch)
	}
	return l, err
}

// RetainsNothing is true: Add copies what it needs.
func (s *Sink) RetainsNothing() bool { return true }

// Add writes the span into a buffer. If the budget is spent, or after Close, the
// span is dropped and counted.
func (s *Sink) Add(r *trace.Record) { s.sink.Add(r) }

// Stats returns the counters. QueuedBytes is the part of the budget that is
// in use. It may be called at any time, also after Close.
func (s *Sink) Stats() trace.PipelineStats { return s.sink.Stats() }

// Flush waits until all spans that were added before it are exported or
// dropped, or until ctx is done.
func (s *Sink) Flush(ctx context.Context) error { return s.sink.Flush(ctx) }

// Close drops further spans, sends the queued ones until ctx is done, drops the rest
// and waits for the sink's goroutines. Once the batch of a post has been dropped, the
// other posts are not tried again, until one succeeds. If a Client does not return
// within a second after its ctx is done, Close returns an error without waiting for
// it. Close may be called more than once.
func (s *Sink) Close(ctx context.Context) error { return s.sink.Close(ctx) }
