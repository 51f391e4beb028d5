package config

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/accesslog"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// Build makes the running parts of the file. They hold open files and goroutines, but
// do not listen. The caller closes the mesh. The error is an [Errors] with everything
// that could not be made; in that case nothing is left running.
func (f *File) Build(o BuildOptions) (*Mesh, error) {
	b := newBuilder(f, o)
	b.all()
	if err := b.report.err(); err != nil {
		now, cancel := context.WithCancel(context.Background())
		cancel() // there are no spans to wait for
		_ = b.mesh.Close(now)
		return nil, err
	}
	return b.mesh, nil
}

type builder struct {
	BuildOptions
	file   *File
	mesh   *Mesh
	report *report
	dry    bool // nothing is to be left on the machine
}

func newBuilder(f *File, o BuildOptions) *builder {
	if o.Version == "" {
		o.Version = "dev"
	}
	mesh := &Mesh{
		Spans: map[string]func() trace.PipelineStats{}, Kubernetes: map[string]func() []resolve.WatchStats{},
		Prometheus: map[string]string{}, States: map[string]func() any{},
		AccessLogs: map[string]func() (uint64, uint64){},
	}
	if o.Before != nil {
		mesh.logFiles = o.Before.logFiles
		o.Before = nil // which parts that keep the options would keep in memory
	}
	mesh.Admin.Addr, mesh.Admin.Position, mesh.Admin.ShutdownGrace, mesh.Admin.Hosts = f.admin.addr, f.admin.at, f.admin.shutdownGrace, f.admin.hosts
	mesh.Admin.Security = f.admin.security
	mesh.Admin.Socket = f.admin.socket
	mesh.Admin.Requests = recentRequests{SampleRate: 1}
	mesh.Admin.IdentifierAddr, mesh.Admin.IdentifierPosition = f.admin.identifier, f.admin.identifierAt
	o.kubernetesClients = &kubernetesClients{mesh: mesh, all: make(map[k8s.Access]*k8s.Client)}
	b := &builder{BuildOptions: o, file: f, mesh: mesh, report: &report{file: f.name}}
	b.secure = b.secureTelemeter
	return b
}

// all makes all parts of the file.
func (b *builder) all() {
	b.mesh.Admin.TLS, _ = b.serverTLS(b.file.admin.tls)
	provider := b.telemetry()
	b.namers()
	utilities := b.utilities()
	for _, r := range b.file.routers {
		b.router(r, provider, utilities)
	}
}

// failed adds err to the report, if it is not nil, and returns whether it did.
func (b *builder) failed(at Position, path string, err error) bool {
	if err != nil && !errors.Is(err, errReported) {
		b.report.error(&Error{Position: at, Path: path, Reason: err.Error(), Err: err})
	}
	return err != nil
}

// telemetry makes the sinks of spans and the provider that feeds them all. The provider
// is nil if no telemeter takes spans, so that traces stay undecided.
func (b *builder) telemetry() *trace.Provider {
	var sinks []trace.Sink
	for _, t := range b.file.telemetry {
		if t.MetricsPath != "" {
			b.mesh.Prometheus[t.MetricsPath] = t.MetricsPrefix
		}
		if t.recent != nil {
			b.mesh.Admin.Requests = *t.recent
		}
		b.mesh.InfluxDB = b.mesh.InfluxDB || t.InfluxDB
		if t.Statsd != nil {
			b.mesh.Statsd = append(b.mesh.Statsd, *t.Statsd)
		}
		if !t.takesSpans() {
			continue
		}
		sink, err := t.sink(b.BuildOptions)
		if b.failed(t.at, t.path, err) {
			continue
		}
		setUnique(b.mesh.Spans, t.Target, sink.Stats)
		b.mesh.sinks = append(b.mesh.sinks, sink)
		sinks = append(sinks, sink)
	}
	if len(sinks) == 0 {
		return nil
	}
	sampler, err := trace.NewSamplerWith(samplerOf(b.file.telemetry))
	if b.failed(Position{}, "telemetry", err) {
		return nil
	}
	config := trace.ProviderConfig{Sink: sinks[0], Sampler: sampler, Keep: keepOf(b.file.telemetry), Recording: b.Recording}
	if len(sinks) > 1 {
		config.Sink = trace.Tee(sinks...)
	}
	provider, err := trace.NewProvider(config)
	if !b.failed(Position{}, "telemetry", err) {
		b.mesh.Sampling = provider.Stats
	}
	return provider
}

func (b *builder) namers() {
	for _, n := range b.file.namers {
		if n.build == nil {
			continue // it is in the report
		}
		namer, err := n.build(b.BuildOptions)
		if b.failed(n.at, n.path, err) {
			continue
		}
		b.mesh.own(namer)
		b.mesh.Namers = append(b.mesh.Namers, resolve.Mount{Prefix: n.prefix, Namer: namer, Transformers: b.transformers(n.transformers)})
	}
}

func (b *builder) utilities() map[string]resolve.Namer {
	utilities := make(map[string]resolve.Namer, len(b.file.utilities))
	for name, build := range b.file.utilities {
		namer, err := build(b.BuildOptions)
		if b.failed(Position{}, "/$/"+name, err) {
			continue
		}
		b.mesh.own(namer)
		utilities[name] = namer
	}
	return utilities
}

func (b *builder) transformers(sections []transformerSection) []resolve.Transformer {
	var all []resolve.Transformer
	for _, t := range sections {
		if t.build == nil {
			continue // it is in the report
		}
		transformer, err := t.build(b.BuildOptions, t.prefix)
		if b.failed(t.at, t.path, err) {
			continue
		}
		b.mesh.own(transformer)
		b.mesh.addState("/transformer_state/"+strings.TrimPrefix(t.prefix.Drop(1).String(), "/")+".json", transformer)
		all = append(all, transformer)
	}
	return all
}

// interpreter makes a router's interpreter, with all namers of the file.
func (b *builder) interpreter(r routerSection, utilities map[string]resolve.Namer) resolve.Interpreter {
	s := r.interpreter
	transformers := b.transformers(s.transformers)
	if s.build == nil {
		return nil // it is in the report
	}
	interpreter, err := s.build(b.BuildOptions, resolve.Config{
		Namers: b.mesh.Namers, Utilities: utilities, Transformers: transformers,
		UnionWait: min(r.bindingTimeout, maxUnionWait),
	})
	if b.failed(s.at, s.path, err) {
		return nil
	}
	b.mesh.own(interpreter)
	// In lower case, as in Linkerd.
	b.mesh.addState("/"+r.label+"/interpreter_state/"+strings.ToLower(s.kind)+".json", interpreter)
	return interpreter
}

// part makes one part of a router.
func part[T any](b *builder, at Position, path string, build Part[T]) T {
	made, err := build(b.BuildOptions)
	if !b.failed(at, path, err) {
		b.mesh.own(made)
	}
	return made
}

// maxUnionWait bounds how long the first requests for a name wait for one branch of a
// union while another branch is bound.
const maxUnionWait = time.Second

func (b *builder) router(s routerSection, provider *trace.Provider, utilities map[string]resolve.Namer) {
	config := router.Config{
		Label:          s.label,
		Prefix:         s.prefix,
		Dtab:           s.dtab,
		DtabPlaces:     s.dtabPlaces,
		BindingTimeout: s.bindingTimeout,
		NewTransport:   b.NewTransport,
		Listeners:      b.Listeners,
		Cache:          s.cache,
		Transport:      router.TransportConfig{Protocol: s.own()},
		Services:       policyOf(b.services(s.services)),
		Clients:        policyOf(b.clients(s.clients, s.own())),
		Stages: router.Stages{
			Service: stagesOf(b, s.services, func(k serviceKeys) ([]stageSection, bool) { return k.stages, k.hasStages }),
			Client:  stagesOf(b, s.clients, func(k clientKeys) ([]stageSection, bool) { return k.stages, k.hasStages }),
		},
	}
	var identifiers []router.Identifier
	for _, i := range s.identifiers {
		made := part(b, i.at, i.path, i.build)
		b.mesh.addState("/identifier_state/"+s.label+"/"+i.kind+".json", made)
		identifiers = append(identifiers, made)
	}
	if len(identifiers) > 0 {
		config.Identifier = router.FirstOf(identifiers...)
	}
	config.Interpreter = b.interpreter(s, utilities)
	hop := trace.HopConfig{Propagator: part(b, s.propagator.at, s.propagator.path, s.propagator.build), Version: b.Version}
	if provider != nil {
		hop.TracerProvider = provider
	}
	var err error
	config.Hop = trace.NewHop(hop)
	if len(b.report.errors) > 0 {
		return // the errors of half a router would repeat the report
	}
	r, err := router.New(config)
	if b.failed(s.at, s.path, err) {
		return
	}
	b.mesh.Routers = append(b.mesh.Routers, r)
	if s.originator {
		b.mesh.Originators = append(b.mesh.Originators, s.label)
	}
	log := b.accessLog(s.accessLog)
	for _, server := range s.servers {
		b.server(s, server, r, log)
	}
}

func (b *builder) server(of routerSection, s serverSection, r *router.Router, log *accesslog.Log) {
	secure, ownURI := b.serverTLS(s.tls)
	serving := proxy.Config{
		OwnURI:                ownURI,
		Router:                r,
		ServiceName:           s.serviceName(),
		ClearContext:          s.clearContext,
		IgnoreDtabs:           s.ignoreDtabs,
		Overrides:             s.overrides,
		TrustTraceContext:     s.trustTraceContext,
		MaxCallDepth:          s.maxCallDepth,
		MaxConcurrentRequests: s.maxConcurrentRequests,
		Timeout:               s.timeout,
		Forwarded:             s.forwarded,
		TimestampHeader:       s.timestampHeader,
		RouteHeader:           s.routeHeader,
		MaxHeaderBytes:        of.maxHeaderBytes,
		MaxLineBytes:          of.maxLineBytes,
		MaxErrorBytes:         of.maxErrorBytes,
		ErrorLog:              b.ErrorLog,
	}
	if log != nil && of.accessLog.requests {
		serving.Ended = log.Ended
	} else if log != nil {
		serving.Attempted = log.Attempted
	}
	if n := s.session.HTTP2.MaxHeaderListBytes; n > 0 && of.protocol == protocolH2 {
		serving.MaxHeaderBytes, serving.MaxLineBytes = n, n
	}
	handler, err := proxy.New(serving)
	if b.failed(s.at, s.path, err) {
		return
	}
	front, runs, err := s.front(handler)
	if b.failed(s.at, s.path, err) {
		return
	}
	config := s.session
	config.Engine = b.Engine
	config.MaxHeadBytes = max(1<<20, 2*(of.maxHeaderBytes+of.maxLineBytes))
	config.TLS = secure
	b.mesh.Servers = append(b.mesh.Servers, Server{
		Router:   of.label,
		Addr:     s.addr().String(),
		Position: s.at,
		Handler:  handler,
		Front:    front,
		DryRuns:  runs,
		Config:   config,
	})
}
