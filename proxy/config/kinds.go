package config

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/lint"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// Kinds is the table of kinds that a file may name. [Builtin] makes one, which
// the caller owns and may change: a program adds a kind of its own by one
// entry.
//
// The function of an entry is called by [Load] for each place that names the
// kind, with a [Decoder] for the keys that stand beside kind. It asks for its
// keys and returns how to build the part, which [File.Build] then does. Keys
// that all kinds of a family share (prefix, experimental, transformers, backoff,
// enableProbation) are read already. An error that it returns is reported with the place of the
// kind. It must not keep the decoder.
//
// A part that has a Close() error method is closed with the [Mesh].
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

	// ZipkinEngines are the values that the key engine of Zipkin telemeters may
	// have beside native, which is always there. [Builtin] has none: package
	// trace/zipkin/stock links OpenTelemetry's SDK, so that a program that wants
	// it says so:
	//
	//	kinds.ZipkinEngines["stock"] = stock.New
	ZipkinEngines map[string]func(zipkin.Config) (trace.Exporter, error)

	// Utilities are the names below /$/ beside nil and fail, which are
	// always there. They are no kinds and have no keys.
	Utilities map[string]Part[resolve.Namer]
}

// A Part builds a part.
type Part[T any] func(BuildOptions) (T, error)

// Ready returns a Part whose value was built already.
func Ready[T any](v T) Part[T] { return func(BuildOptions) (T, error) { return v, nil } }

// BuildOptions is what parts get from the program that builds them. The zero value
// is valid: every field has a default.
type BuildOptions struct {
	// ErrorLog gets the errors of background work. Default: they are not logged.
	ErrorLog *slog.Logger
	// TraceLog is where io.l5d.tracelog writes. Default: standard error.
	TraceLog io.Writer
	// Version is the program's own, for spans. Default: "dev".
	Version string
	// SpanFlushEvery is the longest that a span waits to be sent in company.
	// Default: that of trace.PipelineConfig and zipkin.Config.
	SpanFlushEvery time.Duration
	// Resolver looks up the names of hosts. Default: net.DefaultResolver.
	Resolver resolve.Resolver
	// NewTransport makes the client for one endpoint, with what the file says
	// about its connections. Default: that of router.Config.
	NewTransport func(address resolve.Address, _ router.TransportConfig) http.RoundTripper
	// Listeners are where the process listens, of which the builder of a mesh
	// tells when it does: see router.Config. Default: the routers know of none.
	Listeners *router.Listeners
	// CheckTransport says whether NewTransport can do what a group of keys of
	// the file asks for; what it cannot is an error of Build. Default: it can
	// do everything.
	CheckTransport func(router.TransportConfig) error
	// Kubernetes brings requests to the API servers that the file names, in
	// place of the network: for tests, see resolve/k8s/k8stest.
	Kubernetes http.RoundTripper

	kubernetesClients *kubernetesClients
}

// A Namer is a namer of a file.
type Namer struct {
	Prefix resolve.Path // where below /# it answers, unless the file says otherwise
	New    Part[resolve.Namer]
	// Answers is what [File.Lint] may count on. Default: nothing.
	Answers lint.Answers
}

// An Interpreter makes an interpreter of what the file configures around it:
// the namers, the utilities and the interpreter's own transformers.
type Interpreter func(BuildOptions, resolve.Config) (resolve.Interpreter, error)

// A Transformer is a transformer of a file.
type Transformer struct {
	Prefix resolve.Path // what below /% it marks ids with, unless the file says otherwise
	New    func(o BuildOptions, prefix resolve.Path) (resolve.Transformer, error)
	// Path, if not empty, is what it looks up without a dtab. It stands at the
	// key path, and is looked at as the names of a dtab are.
	Path resolve.Path
}

// A Telemeter takes spans, or shows metrics.
type Telemeter struct {
	// NewSink makes what takes spans and sends them by itself; the mesh
	// closes it.
	NewSink Part[SpanSink]
	// New makes what sends spans, if NewSink is nil; the mesh puts a
	// pipeline before it, which shuts it down. Both nil: the telemeter wants
	// no spans.
	New Part[trace.Exporter]
	// Target says where the spans go, for metrics.
	Target string
	// SampleRate is the share of traces, from 0 to 1, that it wants of those
	// that nobody has decided about.
	SampleRate float64
	// Follows means that the SampleRate counts only if no telemeter decides.
	Follows bool
	// MetricsPath, if not empty, is the path of a page of metrics on the admin
	// server, and MetricsPrefix stands before the name of each metric there.
	MetricsPath, MetricsPrefix string
}

// takesSpans says whether the telemeter wants any.
func (t Telemeter) takesSpans() bool { return t.New != nil || t.NewSink != nil }

// sink makes what takes the telemeter's spans.
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

// kindOf reads the key kind, and has the function of the kind read the rest.
// ok is false if that cannot be; it was reported then.
func kindOf[T any](d *Decoder, family family, table map[string]func(*Decoder) (T, error)) (part T, kind string, ok bool) {
	if d.node == nil {
		return part, "", false
	}
	kind = d.Text("kind", "")
	available := strings.Join(slices.Sorted(maps.Keys(table)), ", ")
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
