package otlp

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/internal/sink"
)

// Config configures a Sink. A zero field means its default.
type Config struct {
	// Endpoint is the URL that spans are posted to. Without a path it gets /v1/traces.
	// Default: "http://127.0.0.1:4318/v1/traces".
	Endpoint string
	// Headers are sent with each post, for example an Authorization. Those that say what
	// the body is, and those of the connection, are errors.
	Headers map[string]string
	// Service is the resource's service.name. It is required.
	Service string
	// Version is the resource's service.version. Default: there is none.
	Version string
	// Resource are further attributes of the resource. A key that is empty, that occurs
	// twice or that is one of the above is an error.
	Resource []attribute.KeyValue
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
	// collector keeps up, a post begins as soon as 512 KiB are waiting. Default: 4 MiB;
	// the OpenTelemetry Collector accepts 20 MiB, but a server in front of it may not.
	// Less than 1 KiB is an error, and what leaves no room beside the resource.
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
	MaxRetries int
	// RetryMin and RetryMax bound the wait before a retry. It begins with
	// RetryMin and doubles; each is lengthened by up to a half at random. A
	// Retry-After of the collector is honoured up to a minute. Default:
	// 100 ms and 5 s.
	RetryMin, RetryMax time.Duration
	// ErrorLog gets a record when spans are dropped, because they could not be
	// delivered, are rejected or exceed the budget; then one a minute at most, with how
	// many were dropped since, and one when it is over. It also gets the warnings of a
	// collector that accepts all spans, each time that the text changes and ten in a
	// minute at most. Default: nothing is logged.
	ErrorLog *slog.Logger
}

// Sink is a trace.Sink that sends spans by OTLP/HTTP. Add encodes a span at once, on the
// caller's goroutine, and retains nothing of the record; it never waits for a post.
// Posts are few and large: one a second at low load, of half a MiB at high load, and
// of MaxBodyBytes if the collector is slow.
//
// At any moment each span that was added is exactly one of exported, dropped for a
// counted reason, and queued. A response of 2xx is a success; the spans that it rejects
// (partial success) are dropped with the reason Status, and nothing is sent again. After
// 429, 502, 503, 504 and a connection failure the post is tried again, so that a collector
// may get a span twice; after any other status its spans are dropped
// (opentelemetry.io/docs/specs/otlp, OTLP/HTTP Response).
type Sink struct{ sink *sink.Sink }

// name begins the errors of this package.
const name = "otlp"

// usualSpan is what few spans of a hop exceed, in bytes.
const usualSpan = 1 << 10

// New returns a running Sink, which the caller must close. What Config calls an error, an
// endpoint that is not an http or https URL, a negative number, a size that is too small
// and an unknown Compression are errors. New does not connect.
func New(c Config) (*Sink, error) {
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	limits, err := sink.Limits{
		Timeout: c.Timeout, MaxBodyBytes: c.MaxBodyBytes, MaxBytes: c.MaxBytes, FlushEvery: c.FlushEvery,
		Uploads: c.Uploads, MaxRetries: c.MaxRetries, RetryMin: c.RetryMin, RetryMax: c.RetryMax,
	}.WithDefaults(name)
	if err != nil {
		return nil, err
	}
	resource, err := c.resource()
	if err != nil {
		return nil, err
	}
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	compression, err := post.CompressionOf(c.Compression)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sender, err := post.New(post.Config{
		Protocol: protocol(), Endpoint: withPath(c.Endpoint), Header: header, Compression: compression,
		Client: c.Client, TLS: c.TLS, Timeout: limits.Timeout, Posts: limits.Uploads,
	})
	if err != nil {
		return nil, err
	}
	w := &wire{sender: sender, envelope: newEnvelope(resource), log: c.ErrorLog}
	e := encoder{service: c.Service}
	s, err := sink.New(sink.Config{
		Name: name, Limits: limits, Encode: e.append, UsualSpan: usualSpan, Overhead: w.envelope.overhead(), Wire: w, ErrorLog: c.ErrorLog,
	})
	if err != nil {
		return nil, err
	}
	return &Sink{s}, nil
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
