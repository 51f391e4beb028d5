package proxy

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// Config configures a [Handler]. Only Router is required.
type Config struct {
	// Router sends the requests to their endpoints. Required. The handler does
	// not close it.
	Router *router.Router

	// ServiceName is the service of the server spans; Linkerd's is the
	// server's configured "ip/port", such as "0.0.0.0/4140". Default: the
	// router's label.
	ServiceName string

	// ClearContext is for servers at the edge: it drops the context that clients
	// outside the mesh send, and hides the mesh from them. It drops every l5d-*
	// request header and every trace context of another format (B3 in both forms,
	// traceparent, tracestate, baggage), so that a trace starts here, and it drops
	// every l5d-* response header and the bodies of errors. Names that are the same
	// in CGI, such as l5d_ctx_trace, are dropped too. The same holds for trailers.
	ClearContext bool

	// TrustTraceContext keeps the trace contexts of formats other than Linkerd's,
	// although ClearContext is set. The router's propagator continues a trace that
	// came in a format that it reads, with its sampling decision, and the other
	// formats are passed on unchanged. It is for servers behind your own gateway
	// that traces. Default: they are dropped.
	TrustTraceContext bool

	// IgnoreDtabs drops the dtabs that requests bring (l5d-dtab, l5d-ctx-dtab): they
	// are neither read, whatever they contain, nor sent on. Traces and deadlines are
	// read and sent on as usual (overrides: false). It is for servers at the edge
	// that keep the context of their clients. ClearContext includes it.
	IgnoreDtabs bool

	// Overrides restricts what those dtabs may do. Default: everything except
	// leading to the router's [router.Listeners]. Configurations of Linkerd run
	// unchanged with that default: its users name an address (/$/inet) or another
	// version of a service (an id below /#) in l5d-dtab to test and to stage it.
	// Allow with /# excludes addresses, IgnoreDtabs excludes both.
	Overrides *router.Overrides

	// RouteHeader adds to each response of an endpoint the header l5d-route: the names on
	// the way of the request to its replica set, each with the entry of a dtab or the
	// transformer that led to it, and the balancer. It is at most 1000 bytes long, and is
	// the tag meshhop.route of server spans, too. Clients see it; ClearContext removes it.
	// Default: no such header.
	RouteHeader bool

	// MaxCallDepth is how many proxies a request may have passed, counted in Via; a
	// request that has passed more is refused with 400. Default 64: a chain of 32
	// services, each behind an outgoing and an incoming hop, all of which send Via
	// on, which few do. Most loops are found earlier, by this hop's own mark in Via.
	// The depth ends those in which something removes the marks; each costs as many
	// requests and connections as the depth allows.
	MaxCallDepth int

	// MaxConcurrentRequests is how many requests may be in flight. Further ones are
	// refused at once with 503 and finagle-http-nack, which tells the client that a
	// retry is safe. Default 0: no limit.
	MaxConcurrentRequests int

	// Timeout is how long a request may wait for its response to begin; after
	// that it fails with 503 (timeoutMs). Default 0: no limit.
	Timeout time.Duration

	// Forwarded, if not nil, adds a line to the header Forwarded of requests that are
	// sent on: where they came from (RFC 7239; addForwardedHeader).
	Forwarded *Forwarded

	// TimestampHeader names a header that is added to requests that are sent on: the
	// time at which they arrived, in milliseconds since 1970 (timestampHeader). Lines
	// of that name that came are kept. Default: none.
	TimestampHeader string

	// OwnURI, if not nil, returns the URI of the certificate that the server shows its
	// clients, such as spiffe://cluster.local/ns/web, empty if it has none. Endpoints are told
	// it beside the client's certificate, in the form of Envoy.
	OwnURI func() string

	// MaxHeaderBytes bounds a request's header lines, the l5d-err response header,
	// and the l5d-ctx-dtab and l5d-dst-* headers that are sent on (maxHeadersKB). In
	// the latter, a byte that a name cannot have as it is takes four. A dtab that
	// becomes too long is refused with 431, and a destination is left out. Default
	// 8 KiB.
	MaxHeaderBytes int

	// MaxLineBytes bounds the request line (maxInitialLineKB). Default 4 KiB.
	MaxLineBytes int

	// MaxErrorBytes bounds a response that the handler makes itself
	// (maxErrResponseKB): its body together with l5d-err, which gets at most a
	// quarter, and the other header lines. A message that is cut is counted.
	// Default 8 KiB. Linkerd's is 5 MiB, for the body alone; there a request of 7 KB
	// could get a message of 1 MB.
	MaxErrorBytes int

	// Ended, if not nil, is called once for each request when it has ended, with what is
	// known of it: also for one that was refused here, and for one whose client left. It
	// is called by the goroutine of the request, whose end waits for it: what takes time
	// belongs into another one. The record is valid only during the call, and must not be
	// changed; its texts may be kept. A request then costs one more reading of the
	// clock, and no allocation.
	Ended func(*Record)

	// Attempted, if not nil, is called for each attempt that gets a response, when the
	// head of that response is there, with the same record as Ended. What the record
	// says of the response and of the endpoint is of this attempt.
	Attempted func(*Record)

	// ErrorLog gets errors of responses that broke off after their head had been sent,
	// when no status can tell the client: once a minute at most, with how many there were
	// since. Default: they are not logged.
	ErrorLog *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Router == nil {
		return c, errors.New("proxy: Config.Router is required")
	}
	if c.MaxCallDepth < 0 || c.MaxConcurrentRequests < 0 || c.Timeout < 0 || c.MaxHeaderBytes < 0 || c.MaxLineBytes < 0 || c.MaxErrorBytes < 0 {
		return c, errors.New("proxy: Config: a limit is negative")
	}
	if c.TimestampHeader != "" && !httpx.IsToken(c.TimestampHeader) {
		return c, errors.New("proxy: Config.TimestampHeader is not the name of a header")
	}
	if field := c.Forwarded.fault(); field != "" {
		return c, errors.New("proxy: Config.Forwarded." + field + " is not a way to name an end of a connection")
	}
	c.TimestampHeader = http.CanonicalHeaderKey(c.TimestampHeader)
	if rules := c.Overrides; rules != nil && len(rules.Allow)+len(rules.Deny) > 0 {
		if _, ok := c.Router.Interpreter().(resolve.Overrider); !ok {
			return c, errors.New("proxy: Config.Overrides needs a router whose interpreter is a resolve.Overrider")
		}
	}
	if c.ServiceName == "" {
		c.ServiceName = c.Router.Label()
	}
	if c.MaxCallDepth == 0 {
		c.MaxCallDepth = 64
	}
	if c.MaxHeaderBytes == 0 {
		c.MaxHeaderBytes = 8 << 10
	}
	if c.MaxLineBytes == 0 {
		c.MaxLineBytes = 4 << 10
	}
	if c.MaxErrorBytes == 0 {
		c.MaxErrorBytes = 8 << 10
	}
	if c.ErrorLog == nil {
		c.ErrorLog = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// ignoresDtabs reports whether the handler takes no dtab from requests.
func (c *Config) ignoresDtabs() bool { return c.ClearContext || c.IgnoreDtabs }
