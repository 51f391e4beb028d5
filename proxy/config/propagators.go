package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/trace"
)

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

// traceFormats are the formats that a bridge may name.
func traceFormats() map[string]trace.Propagator {
	return map[string]trace.Propagator{
		"b3":       trace.B3(),
		"b3single": trace.B3Single(),
		"l5d":      trace.L5d(),
		"w3c":      trace.W3C(),
	}
}

// bridgePropagator is io.meshhop.bridge.
func bridgePropagator(d *Decoder) (Part[trace.Propagator], error) {
	if !d.Has("extract") {
		d.fail(d.keyPosition("extract"), "extract", "is required: a list of trace formats ("+formatNames()+")")
	}
	extract := readFormats(d, "extract", 1)
	inject := extract
	if d.Has("inject") {
		inject = readFormats(d, "inject", 1)
	}
	if !d.Has("clear") {
		return Ready(trace.Bridge(extract, inject)), nil
	}
	return Ready(trace.BridgeClearing(extract, inject, readFormats(d, "clear", 0))), nil
}

// readFormats reads a list of trace formats, each at most once, and at least so many of
// them.
func readFormats(d *Decoder, key string, least int) []trace.Propagator {
	n := d.take(key)
	if n == nil {
		return nil
	}
	if n.shape != list {
		d.Errorf(key, "must be a list of trace formats (%s), not %s", formatNames(), n.describe())
		return nil
	}
	if len(n.items) < least {
		d.Errorf(key, "must name a trace format; available: %s", formatNames())
	}
	formats := traceFormats()
	var all []trace.Propagator
	seen := map[string]bool{}
	for i, item := range n.items {
		e := &Error{Position: d.position(item), Path: d.at.child(key).item(i).String()}
		format, known := formats[item.text]
		switch {
		case item.shape != scalar || !known:
			e.Reason = "must be one of " + formatNames() + ", not " + item.describe()
			e.Nearest = nearest(item.text, slices.Collect(maps.Keys(formats)))
			d.doc.report.error(e)
		case seen[item.text]:
			e.Reason = item.text + " is in the list twice"
			d.doc.report.error(e)
		default:
			seen[item.text] = true
			all = append(all, format)
		}
	}
	return all
}

func formatNames() string {
	return strings.Join(slices.Sorted(maps.Keys(traceFormats())), ", ")
}
