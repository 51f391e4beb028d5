package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/trace"
)

// samplingFamilies are the metrics of which spans are recorded.
type samplingFamilies struct {
	limited, keepLimited, traces, spans, told, ignored, evicted, held, bytes family
}

func newSamplingFamilies() samplingFamilies {
	return samplingFamilies{
		limited:     counter("meshhop_traces_limited_total", "Traces that were not sampled because of maxTracesPerSecond."),
		keepLimited: counter("meshhop_keep_limited_total", "Requests that were not kept because too many are kept already (keep.maxTracesPerSecond)."),
		traces:      counter("meshhop_keep_traces_total", "Traces that nobody sampled and that were kept, by why: error, slow, override, or asked by the response of another hop.", "reason"),
		spans:       counter("meshhop_keep_spans_total", "Spans that nobody sampled and that were kept."),
		told:        counter("meshhop_keep_told_total", "Responses that told the caller to keep its spans (l5d-keep)."),
		ignored:     counter("meshhop_keep_ignored_total", "Responses with an l5d-keep that was ignored, because it names another trace."),
		evicted:     counter("meshhop_keep_evicted_total", "Spans that nobody sampled and that were forgotten before their time, because there was no room for them."),
		held:        gauge("meshhop_keep_held", "Spans that nobody sampled and that may still be kept."),
		bytes:       gauge("meshhop_keep_held_bytes", "Bytes of memory of the spans that may still be kept."),
	}
}

func (f *samplingFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.limited, f.keepLimited, f.traces, f.spans, f.told, f.ignored, f.evicted, f.held, f.bytes} {
		to <- one.desc
	}
}

func (f *samplingFamilies) collect(to sink, s trace.ProviderStats) {
	f.limited.send(to, float64(s.Limited))
	f.keepLimited.send(to, float64(s.Keep.Limited))
	// Each reason has a series from the start.
	f.traces.send(to, float64(s.Keep.Errors), "error")
	f.traces.send(to, float64(s.Keep.Slow), "slow")
	f.traces.send(to, float64(s.Keep.Overrides), "override")
	f.traces.send(to, float64(s.Keep.Asked), "asked")
	f.spans.send(to, float64(s.Keep.Spans))
	f.told.send(to, float64(s.Keep.Told))
	f.ignored.send(to, float64(s.Keep.Ignored))
	f.evicted.send(to, float64(s.Keep.Evicted))
	f.held.send(to, float64(s.Keep.Held))
	f.bytes.send(to, float64(s.Keep.HeldBytes))
}
