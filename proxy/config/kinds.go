package config

import (
	"cmp"
	"crypto/tls"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// Kinds is the table of the kinds that a file may name. [Builtin] makes one, which the
// caller owns and may change: a program adds a kind of its own as one entry.
//
// [Load] calls the function of a kind wherever the file names the kind, with a [Decoder]
// for the keys that stand beside the key kind. The function asks for its keys and returns
// how to build the part, which [File.Build] does later. The keys that all kinds of a
// family have (prefix, experimental, transformers, backoff, enableProbation) are read
// already. An error of the function is reported with the position of the kind. The
// function must not keep the decoder.
//
// A part that has a method Close() error is closed with the [Mesh].
type Kinds struct {
	Namers          map[string]func(*Decoder) (Namer, error)
	Identifiers     map[string]func(*Decoder) (Part[router.Identifier], error)
	Interpreters    map[string]func(*Decoder) (Interpreter, error)
	Transformers    map[string]func(*Decoder) (Transformer, error)
	Telemeters      map[string]func(*Decoder) (Telemeter, error)
	Balancers       map[string]func(*Decoder) (Part[balance.Balancer], error)
	FailureAccruals map[string]func(*Decoder) (Part[balance.Accrual], error)
	Backoffs        map[string]func(*Decoder) (Part[balance.Backoff], error)
	Classifiers     map[string]func(*Decoder) (Part[router.Classifier], error)
	Propagators     map[string]func(*Decoder) (Part[trace.Propagator], error)

	// Stages are handlers of requests among those of the router, such as a rate limiter:
	// the kinds in the key stages of service and client blocks, which Linkerd does not
	// have. [Builtin] has none. What the part returns is called with the name when a
	// service, or with the id when a replica set, comes into use; nil means no stage for
	// that one. See [router.Stages] for the two places.
	Stages map[string]func(*Decoder) (Part[func(name resolve.Path) router.Stage], error)

	// ZipkinEngines are the values of the key engine of Zipkin telemeters, besides
	// native, which is always there. [Builtin] has none, because package
	// trace/zipkin/stock links the SDK of OpenTelemetry. A program that wants it adds
	// it:
	//
	//	kinds.ZipkinEngines["stock"] = stock.New
	ZipkinEngines map[string]func(zipkin.Config) (trace.Exporter, error)

	// Utilities are the namers below /$/, by their names there, besides nil and fail,
	// which are always there. A file does not name them as kinds, and they have no
	// keys.
	Utilities map[string]Part[resolve.Namer]
}

// A Part is how to build a part: the second of the two steps in [Kinds].
type Part[T any] func(BuildOptions) (T, error)

// Ready returns a Part for a value that needs no building.
func Ready[T any](v T) Part[T] { return func(BuildOptions) (T, error) { return v, nil } }

// BuildOptions are what the program gives to the parts when it builds them. The zero
// value is valid: every field has a default.
type BuildOptions struct {
	// ErrorLog gets the errors of background work. Default: they are not logged.
	ErrorLog *slog.Logger
	// TraceLog is where io.l5d.tracelog writes. Default: standard error.
	TraceLog io.Writer
	// AccessLog is where an access log with the name "-" or /dev/stdout is written.
	// Default: standard output.
	AccessLog io.Writer
	// Before is the mesh whose place the new one takes, as after a reload: files that
	// both have for access logs stay open. Default: there is none.
	Before *Mesh
	// Version is the program's version, for spans. Default: "dev".
	Version string
	// SpanFlushEvery bounds how long a span waits for others to be sent with it.
	// Default: that of trace.PipelineConfig and zipkin.Config.
	SpanFlushEvery time.Duration
	// Recording turns the recording of spans on and off while the mesh runs. Default: it
	// is on.
	Recording *trace.Switch
	// Resolver looks up the names of hosts. Default: net.DefaultResolver.
	Resolver resolve.Resolver
	// NewTransport makes the client for one endpoint, with the limits that the file
	// sets for its connections. Default: that of router.Config.
	NewTransport func(address resolve.Address, _ router.TransportConfig) http.RoundTripper
	// Listeners are the addresses on which the process listens, where the dtabs of
	// requests must not lead; see router.Config. The program adds each address when it
	// listens. Default: none is known.
	Listeners *router.Listeners
	// CheckTransport returns an error, which becomes one of Build, if NewTransport
	// does not support what a group of keys in the file asks for. Default: it
	// supports everything.
	CheckTransport func(router.TransportConfig) error
	// Engine is who speaks HTTP on the connections of servers: see serve.Config. Default:
	// serve.H1.
	Engine serve.Engine
	// NoCertificates leaves TLS out, and the files of its certificates unread. It is for
	// tests, where nothing is sent and production's files are not there.
	NoCertificates bool

	// Kubernetes, if not nil, takes the requests to the API servers that the file
	// names. It is for tests.
	Kubernetes http.RoundTripper

	kubernetesClients *kubernetesClients
	secure            func(*clientTLS) (*tls.Config, error) // for telemeters
}

// A Namer is a namer of a file, as the function of its kind returns it.
type Namer struct {
	Prefix resolve.Path // where below /# its names are, unless the file says otherwise
	New    Part[resolve.Namer]
	// NoOtherName says that the namer answers with no name to be looked up instead: a name
	// is Neg or a replica set. [File.Lint] finds more then.
	NoOtherName bool
}

// An Interpreter builds an interpreter, as the function of its kind returns it. It gets
// what the file configures around it: the namers, the utilities and the interpreter's own
// transformers.
type Interpreter func(BuildOptions, resolve.Config) (resolve.Interpreter, error)

// A Transformer is a transformer of a file, as the function of its kind returns it.
type Transformer struct {
	Prefix resolve.Path // what below /% it puts before ids, unless the file says otherwise
	New    func(o BuildOptions, prefix resolve.Path) (resolve.Transformer, error)
	// Path, if not empty, is a name that the transformer looks up without a dtab. It is
	// the value of the key path, and is checked as the names in a dtab are.
	Path resolve.Path
}

// A Telemeter takes spans, or shows metrics. The function of its kind returns it.
type Telemeter struct {
	// NewSink makes the sink of the spans, which the mesh closes.
	NewSink Part[SpanSink]
	// New, if NewSink is nil, makes an exporter; the mesh puts a [trace.Pipeline]
	// before it, which shuts it down. If both are nil, the telemeter takes no spans.
	New Part[trace.Exporter]
	// Target is where the spans go, as metrics show it.
	Target string
	// SampleRate is the share, from 0 to 1, of the undecided traces that it samples.
	SampleRate float64
	// Services are rates of their own for requests with certain names, and
	// MaxTracesPerSecond is the most traces that it samples in a second; 0: there is no
	// limit. See [trace.SamplerConfig].
	Services           []trace.ServiceRate
	MaxTracesPerSecond int
	// Keep says which requests it keeps although nobody sampled them; nil: none. All
	// telemeters that take spans get them.
	Keep *trace.KeepConfig
	// Follows means that SampleRate counts only if all telemeters that take spans have
	// Follows set.
	Follows bool
	// MetricsPath, if not empty, is the path of a page of metrics on the admin
	// server, and MetricsPrefix stands before the name of each metric there.
	MetricsPath, MetricsPrefix string
	// InfluxDB has the admin server show the page /admin/metrics/influxdb.
	InfluxDB bool
	// Statsd, if not nil, is sent the metrics.
	Statsd *Statsd

	recent *recentRequests // what the page of requests shows; nil: it is not said
}

// page is the page that the telemeter has on the admin server; empty: none.
func (t Telemeter) page() string {
	if t.InfluxDB {
		return influxdbPage
	}
	return t.MetricsPath
}

// takesSpans reports whether the telemeter takes any.
func (t Telemeter) takesSpans() bool { return t.New != nil || t.NewSink != nil }

// sink makes the sink of the telemeter's spans.
func (t Telemeter) sink(o BuildOptions) (SpanSink, error) {
	if t.NewSink != nil {
		return t.NewSink(o)
	}
	exporter, err := t.New(o)
	if err != nil {
		return nil, err
	}
	return trace.NewPipeline(trace.PipelineConfig{Exporter: exporter, FlushEvery: o.SpanFlushEvery})
}

// kindOf reads the key kind and calls the function of that kind for the rest of the keys.
// ok is false if there is an error, which is in the report.
func kindOf[T any](d *Decoder, family family, table map[string]func(*Decoder) (T, error)) (part T, kind string, ok bool) {
	if d.node == nil {
		return part, "", false
	}
	kind = d.Text("kind", "")
	available := cmp.Or(strings.Join(slices.Sorted(maps.Keys(table)), ", "), "none")
	read, known := table[kind]
	switch {
	case kind == "":
		if !d.Has("kind") {
			d.fail(d.Position(), "kind", "is required; available: "+available)
		} else if !d.odd("kind") {
			d.Errorf("kind", "must not be empty; available: %s", available)
		}
		d.abandon()
		return part, kind, false
	case !known && slices.Contains(linkerdKinds(family), kind):
		instead := insteadOf(family, kind)
		if instead == "" {
			instead = "available: " + available
		}
		d.Errorf("kind", "%s is not supported: %s", kind, instead)
		d.abandon()
		return part, kind, false
	case !known:
		e := &Error{Position: d.valuePosition("kind"), Path: d.pathOf("kind"), Reason: "unknown kind " + quoted(kind)}
		if e.Nearest = nearest(kind, slices.Concat(slices.Collect(maps.Keys(table)), linkerdKinds(family))); e.Nearest == "" {
			e.Reason += "; available: " + available
		}
		d.doc.report.error(e)
		d.abandon()
		return part, kind, false
	}
	part, err := read(d)
	if err != nil {
		d.doc.report.error(&Error{Position: d.valuePosition("kind"), Path: d.at.String(), Reason: err.Error(), Err: err})
	}
	return part, kind, err == nil
}
