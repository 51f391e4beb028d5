package zipkin

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/meshhop/meshhop/trace"
)

// DefaultEndpoint is where a Zipkin on this machine takes spans.
const DefaultEndpoint = "http://127.0.0.1:9411/api/v2/spans"

// Engine says who writes the JSON.
type Engine uint8

const (
	// Native is our own encoder.
	Native Engine = iota
	// Stock is go.opentelemetry.io/otel/exporters/zipkin. It costs about ten
	// times as much, and its maintainers have deprecated it.
	Stock
)

// String returns "native" or "stock".
func (e Engine) String() string {
	switch e {
	case Native:
		return "native"
	case Stock:
		return "stock"
	default:
		return fmt.Sprintf("engine(%d)", uint8(e))
	}
}

// Config configures an exporter. A zero field means its default.
type Config struct {
	// Endpoint is the URL that spans are posted to. Default:
	// DefaultEndpoint.
	Endpoint string
	// HostHeader replaces the Host header. Default: the endpoint's host.
	HostHeader string
	// Compression says whether bodies are compressed. Default: Automatic.
	Compression Compression
	// Engine says who writes the JSON. Default: Native.
	Engine Engine
	// Client sends the posts. Default: one of the exporter's own, which
	// follows no redirects and uses no proxy of the environment, for that
	// may well be the mesh whose spans these are.
	Client *http.Client
	// Timeout bounds one post. Default: 10 s.
	Timeout time.Duration
	// MaxBodyBytes is the size, before compression, above which a batch is
	// split into several posts. A single span may be larger. Default: 4 MiB.
	// Stock does not split.
	MaxBodyBytes int
}

// New returns an exporter. An endpoint that is not an http or https URL, a
// negative size or duration, an unknown engine and an unknown Compression are
// errors. No connection
// is made yet.
func New(c Config) (trace.Exporter, error) {
	host, err := checkEndpoint(&c.Endpoint)
	if err != nil {
		return nil, err
	}
	zip, err := c.Compression.compresses(host)
	if err != nil {
		return nil, err
	}
	if c.Timeout < 0 || c.MaxBodyBytes < 0 {
		return nil, fmt.Errorf("zipkin: negative Timeout (%v) or MaxBodyBytes (%d)", c.Timeout, c.MaxBodyBytes)
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = 4 << 20
	}
	s := newSender(c, zip, 1)
	switch c.Engine {
	case Native:
		return &native{sender: s, maxBody: c.MaxBodyBytes}, nil
	case Stock:
		return newStock(s)
	default:
		return nil, fmt.Errorf("zipkin: unknown engine %v", c.Engine)
	}
}

// checkEndpoint sets the default of an endpoint and returns its host.
func checkEndpoint(endpoint *string) (host string, err error) {
	if *endpoint == "" {
		*endpoint = DefaultEndpoint
	}
	u, err := url.Parse(*endpoint)
	if err != nil {
		return "", fmt.Errorf("zipkin: endpoint: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", fmt.Errorf("zipkin: endpoint %q is not an http or https URL with a host", *endpoint)
	}
	return u.Hostname(), nil
}
