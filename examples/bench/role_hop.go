package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/meshhop/meshhop/internal/accesslog"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// newHop is a hop in a Go program. It routes by Host, like Linkerd.
func newHop(j job) (part, error) {
	client, err := clientNamed(j.Client)
	if err != nil {
		return nil, err
	}
	hop, spans, err := tracing(j)
	if err != nil {
		return nil, err
	}
	dtab, names, err := routes(j)
	if err != nil {
		return nil, err
	}
	rt, err := router.New(router.Config{
		Dtab:         dtab,
		Interpreter:  names,
		Hop:          hop,
		NewTransport: client.transport,
	})
	if err != nil {
		return nil, err
	}
	serving := proxy.Config{Router: rt}
	closeLog := func(context.Context) error { return nil }
	if j.AccessLog != "" {
		log, err := accesslog.NewFiles(accesslog.Options{}).Open(accesslog.Config{File: accesslog.FileConfig{Path: j.AccessLog}, Format: accesslog.JSON})
		if err != nil {
			return nil, err
		}
		serving.Ended, closeLog = log.Ended, log.Close
	}
	mesh, err := proxy.New(serving)
	if err != nil {
		return nil, err
	}
	var board *admin.Admin // it samples the counters once a second, and takes each request
	if j.Dashboard {
		if board, err = admin.New(admin.Config{Routers: []*router.Router{rt}, Servers: []admin.Server{{Handler: mesh}}}); err != nil {
			return nil, err
		}
	}
	return serve(j, mesh, func(ctx context.Context) (*fate, error) {
		if board != nil {
			board.Retire(nil)
		}
		if err := errors.Join(rt.Close(), closeLog(ctx)); err != nil || spans == nil {
			return nil, err
		}
		err := spans.Close(ctx)
		s := spans.Stats()
		return &fate{Received: s.Received, Exported: s.Exported, Dropped: s.Dropped.Total()}, err
	})
}

// routes are the dtab and the names of a hop.
func routes(j job) (resolve.Dtab, resolve.Interpreter, error) {
	addresses, err := inet.New(inet.Config{})
	if err != nil {
		return nil, nil, err
	}
	config := resolve.Config{Utilities: map[string]resolve.Namer{"inet": addresses}}
	dtab, err := webAt(j.Backend)
	switch {
	case err != nil:
		return nil, nil, err
	case j.AnyName:
		dtab[0].Prefix, err = resolve.ParsePrefix("/svc/*")
	case j.Names > 0:
		if config.Namers, err = manyAt(j); err == nil {
			dtab, err = manyDtab()
		}
	}
	if err != nil {
		return nil, nil, err
	}
	names, err := resolve.New(config)
	return dtab, names, err
}

// webAt leads the service web to the backend.
func webAt(backend string) (resolve.Dtab, error) {
	host, port, err := net.SplitHostPort(backend)
	if err != nil {
		return nil, err
	}
	return resolve.ParseDtab(fmt.Sprintf("/svc/web => /$/inet/%s/%s", host, port))
}

// spanBudget is the memory that spans which wait may take; also the default.
const spanBudget = 64 << 20

// tracing makes what makes spans and what sends them; nothing where none are
// wanted.
func tracing(j job) (*trace.Hop, *zipkin.Sink, error) {
	if j.Collector == "" {
		return nil, nil, nil
	}
	sampler, err := trace.NewSampler(j.Rate)
	if err != nil {
		return nil, nil, err
	}
	spans, err := zipkin.New(zipkin.Config{Endpoint: j.endpoint(), MaxBytes: spanBudget})
	if err != nil {
		return nil, nil, err
	}
	config := trace.ProviderConfig{Sink: spans, Sampler: sampler}
	if j.Keep {
		config.Keep = &trace.KeepConfig{Errors: true, Slowest: 5, Overrides: true}
	}
	provider, err := trace.NewProvider(config)
	if err != nil {
		return nil, nil, err
	}
	return trace.NewHop(trace.HopConfig{TracerProvider: provider}), spans, nil
}
