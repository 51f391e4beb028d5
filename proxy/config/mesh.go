package config

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// A Mesh is the running parts of a file. It listens nowhere: the program
// serves each of Servers and the admin server, and closes the mesh after they
// have drained. The fields must not be changed.
type Mesh struct {
	Admin     Admin
	Routers   []*router.Router // in the order of the file
	Servers   []Server
	Namers    []resolve.Mount
	Pipelines []Pipeline
	// Kubernetes are the API servers that parts of the mesh ask.
	Kubernetes []Kubernetes
	// Prometheus are the pages of metrics that the file asks for.
	Prometheus []Prometheus
	// States are the parts beside Namers that tell what they know.
	States []State

	parts   []io.Closer
	closing sync.Once
	closed  error
}

// A Server is an address to listen on and what to do there.
type Server struct {
	// Router is the router's label.
	Router string
	// Addr is "ip:port" as configured; port 0 means any free one.
	Addr string
	// Position is where in the file that is.
	Position Position
	// Handler serves the requests.
	Handler *proxy.Handler
	// MaxHeadBytes is for serve.Config: it leaves the handler room to
	// refuse a long head in Linkerd's words.
	MaxHeadBytes int
	// Session is for serve.Config too.
	Session Session
}

// A State is a part of the mesh that tells what it knows.
type State struct {
	// Path is of its page on the admin server, such as
	// "/http/interpreter_state/io.l5d.k8s.configmap.json".
	Path string
	// Part gives it, as a value that package encoding/json can write.
	Part interface{ State() any }
}

// Kubernetes is an API server that parts of the mesh ask, with the rights that
// they ask with.
type Kubernetes struct {
	Server string // "localhost:8001"
	// Stats tells of what is watched there.
	Stats func() []resolve.WatchStats
}

// A Pipeline is the way of spans to one telemeter.
type Pipeline struct {
	Kind   string // "io.l5d.zipkin"
	Target string // "http://zipkin:9411/api/v2/spans"
	Delivery
}

// Delivery is what brings spans somewhere, as a [trace.Pipeline] and a
// zipkin.Sink do.
type Delivery interface {
	Stats() trace.PipelineStats
	// Flush waits until the spans that are there are sent or given up, or
	// until ctx is done.
	Flush(ctx context.Context) error
	// Close does the same, and takes no more. It waits for what it started.
	Close(ctx context.Context) error
}

// SpanSink takes spans and delivers them.
type SpanSink interface {
	trace.Sink
	Delivery
}

// Flush waits until the spans that have ended are sent or given up, or until
// ctx is done.
func (m *Mesh) Flush(ctx context.Context) error {
	return m.eachPipeline(func(p Pipeline) error { return p.Flush(ctx) })
}

// Close closes the routers, then the namers and other parts; then it sends the
// spans that are queued, for as long as ctx lasts, and drops the rest. No
// goroutine of the mesh is left when it returns, unless it says so. It may be
// called more than once.
func (m *Mesh) Close(ctx context.Context) error {
	m.closing.Do(func() {
		var all []error
		for _, r := range m.Routers {
			all = append(all, r.Close())
		}
		for i := len(m.parts) - 1; i >= 0; i-- {
			all = append(all, m.parts[i].Close())
		}
		all = append(all, m.eachPipeline(func(p Pipeline) error { return p.Close(ctx) }))
		m.closed = errors.Join(all...)
	})
	return m.closed
}

// eachPipeline does something with all pipelines at the same time.
func (m *Mesh) eachPipeline(do func(Pipeline) error) error {
	failures := make([]error, len(m.Pipelines))
	var wait sync.WaitGroup
	for i, p := range m.Pipelines {
		wait.Go(func() { failures[i] = do(p) })
	}
	wait.Wait()
	return errors.Join(failures...)
}

// tells gives a part a page, if it tells what it knows. Of two with the same page
// the first one has it.
func (m *Mesh) tells(path string, part any) {
	s, ok := part.(interface{ State() any })
	if ok && !slices.ContainsFunc(m.States, func(s State) bool { return s.Path == path }) {
		m.States = append(m.States, State{path, s})
	}
}

// own closes a part with the mesh, if it can be closed.
func (m *Mesh) own(part any) {
	if closer, ok := part.(io.Closer); ok {
		m.parts = append(m.parts, closer)
	}
}
