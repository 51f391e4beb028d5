package zipkin

import (
	"fmt"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin/internal/post"
)

// DefaultEndpoint is where a Zipkin on this machine takes spans.
const DefaultEndpoint = post.DefaultEndpoint

// Compression says whether bodies are compressed with gzip.
type Compression = post.Compression

const (
	// Automatic compresses unless the endpoint's host is "localhost" or an
	// address of this machine's loopback, where it would only cost time.
	Automatic = post.Automatic
	// Compressed always compresses.
	Compressed = post.Compressed
	// Uncompressed never does.
	Uncompressed = post.Uncompressed
)

// StatusError is an answer of the collector that is no success. A pipeline
// finds it inside a *trace.ExportError.
type StatusError = post.StatusError

// Config configures an exporter. A zero field means its default.
type Config struct {
	// Endpoint is the URL that spans are posted to. Default:
	// DefaultEndpoint.
	Endpoint string
	// HostHeader replaces the Host header. Default: the endpoint's host.
	HostHeader string
	// Compression says whether bodies are compressed. Default: Automatic.
	Compression Compression
	// Client sends the posts. Default: one of the exporter's own, which
	// follows no redirects and uses no proxy of the environment, for that
	// may well be the mesh whose spans these are.
	Client *http.Client
	// Timeout bounds one post. Default: 10 s.
	Timeout time.Duration
	// MaxBodyBytes is the size, before compression, above which a batch is
	// split into several posts. A single span may be larger. Default: 4 MiB.
	MaxBodyBytes int
}

// New returns an exporter with our own encoder. An endpoint that is not an http
// or https URL, a negative size or duration and an unknown Compression are
// errors. No connection is made yet.
func New(c Config) (trace.Exporter, error) {
	if c.MaxBodyBytes < 0 {
		return nil, fmt.Errorf("zipkin: negative MaxBodyBytes: %d", c.MaxBodyBytes)
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = 4 << 20
	}
	s, err := post.New(post.Config{Endpoint: c.Endpoint, HostHeader: c.HostHeader, Compression: c.Compression, Client: c.Client, Timeout: c.Timeout})
	if err != nil {
		return nil, err
	}
	return &native{sender: s, maxBody: c.MaxBodyBytes}, nil
}
