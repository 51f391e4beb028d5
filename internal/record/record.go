// Package record is what is known of one request at its end, for whoever keeps an account
// of requests: an access log, a page of recent requests, a detector of slow ones. A
// proxy.Handler that is asked for records lends one to each request, and the stages of the
// router write into it what they know:
//
//	if r := local.Record; r != nil {
//		r.Service = name.String()
//	}
//
// Where nobody asks for records there are none, and a request pays one comparison in each
// of these places.
package record

import (
	"crypto/tls"
	"net/netip"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// A Record is what is known of one request. Who gets one must not keep it or change it,
// because it serves the next request afterwards. The texts in it may be kept; most are
// what a stranger sent, byte for byte, and are as long as the limits for heads allow.
//
// What never came to be known is zero. Times are of the monotonic clock, since Start.
type Record struct {
	Router string // the router's label, such as "outgoing"
	Server string // the server, as in its spans: "0.0.0.0/4140"

	// Of the request, as it came.
	Remote    netip.AddrPort       // the client; invalid if unknown
	TLS       *tls.ConnectionState // of the client's connection; nil without TLS
	Method    string
	Authority string // Host, or :authority
	Target    string // path and query, as an origin server gets them
	Proto     string // "HTTP/1.1"
	UserAgent string
	Referer   string
	Start     time.Time
	BytesIn   int64 // of the body that was read

	// Of the trace. Trace and Span are those of the server span, also where nothing
	// records it; both are zero for a request that was refused before it had one.
	Trace     oteltrace.TraceID
	Span      oteltrace.SpanID
	Sampled   bool
	Continued bool // the request brought a trace context: the client propagates it

	// Of the way to an endpoint.
	Service    string         // the name, "/svc/hello"
	Dtab       string         // the request's own entries
	SentTarget string         // what was sent on, if that is not Target
	Client     string         // the replica set of the last attempt, "/#/io.l5d.fs/hello"
	Endpoint   netip.AddrPort // of the last attempt
	Attempts   int            // sends and failed connections, retries and requeues included
	Again      string         // why there was an attempt after the first: the last reason
	Bound      time.Duration  // when it was first known what the name means
	Sent       time.Duration  // when the last attempt began
	Head       time.Duration  // when the last attempt had the head of its response

	// Of the response of the last attempt that had one, until it is the client's.
	Status     int    // what the client got; 499 if it had left before
	Announced  string // Content-Length, as it came: empty if the endpoint sent none
	GRPCStatus string // grpc-status, in the head or a trailer

	// Of the end.
	End      time.Duration // when the last byte was written, or the request given up
	BytesOut int64         // of the body that was written to the client, without framing
	Left     bool          // the client left before the end
	Kind     string        // the step that failed: router.Kind, or one of the handler's own; empty: none
	Err      string        // why: as in l5d-err, whether or not the client may see that

	attempted func(*Record)
}

// Begin makes r, which is zero, the record of a new request. attempted is called by
// Attempted; nil: nobody is.
func (r *Record) Begin(start time.Time, attempted func(*Record)) {
	r.Start, r.attempted = start, attempted
}

// Since returns the time since the start.
func (r *Record) Since() time.Duration { return time.Since(r.Start) }

// Known notes that it is known by now what the name means. Sending notes that too, if
// nothing took time between the two, which saves a reading of the clock.
func (r *Record) Known() {
	if r.Bound == 0 {
		r.Bound = time.Since(r.Start)
	}
}

// Sending notes an attempt at an endpoint that begins at a time since the start.
func (r *Record) Sending(at time.Duration, endpoint netip.AddrPort) {
	if r.Bound == 0 {
		r.Bound = at
	}
	r.Endpoint = endpoint
	r.Attempts++
	r.Sent, r.Head = at, 0
	r.Status, r.Announced, r.GRPCStatus = 0, "", ""
}

// Attempted notes that the attempt has the head of a response, at a time since the start,
// and tells who wants to know that of each attempt. announced is its Content-Length.
func (r *Record) Attempted(at time.Duration, status int, announced, grpcStatus string) {
	r.Head = at
	r.Status, r.Announced, r.GRPCStatus = status, announced, grpcStatus
	if r.attempted != nil {
		r.attempted(r)
	}
}
