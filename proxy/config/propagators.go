package config

import "github.com/meshhop/meshhop/trace"

// propagatorSection is a router's tracePropagator.
type propagatorSection struct {
	path  string
	at    Position
	build Part[trace.Propagator]
}

func readPropagator(of *Decoder, kinds Kinds) propagatorSection {
	d, ok := of.Group("tracePropagator")
	if !ok {
		return propagatorSection{build: Ready(trace.L5d())}
	}
	section := propagatorSection{path: d.Path(), at: d.Position()}
	section.build, _, _ = kindOf(d, propagators, kinds.Propagators)
	d.Done()
	return section
}

// defaultPropagator is io.l5d.default.
func defaultPropagator(*Decoder) (Part[trace.Propagator], error) { return Ready(trace.L5d()), nil }

// zipkinPropagator is io.l5d.zipkin.
func zipkinPropagator(*Decoder) (Part[trace.Propagator], error) { return Ready(trace.B3()), nil }
