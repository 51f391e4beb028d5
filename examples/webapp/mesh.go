package main

import (
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// newMesh puts one hop together, part by part: what names mean, what becomes
// of spans, where requests go, how they come in. It samples every trace. The
// config may hold what this program leaves at its defaults; the caller closes
// the handler's router.
func newMesh(names resolve.Namer, spans trace.Sink, config router.Config) (*proxy.Handler, error) {
	interpreter, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/here"), Namer: names}},
	})
	if err != nil {
		return nil, err
	}
	all, err := trace.NewSampler(1)
	if err != nil {
		return nil, err
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: spans, Sampler: all})
	if err != nil {
		return nil, err
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})
	config.Label = "mesh"
	config.Interpreter = interpreter
	config.Dtab = resolve.MustDtab("/svc => /#/here") // a request for http://web has the name /svc/web
	config.Hop = hop
	r, err := router.New(config)
	if err != nil {
		return nil, err
	}
	return proxy.New(proxy.Config{Router: r})
}
