package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/trace"
)

// spanFamilies are the metrics of the delivery of spans.
type spanFamilies struct {
	received, exported, dropped, retries, queued, bytes family
}

func newSpanFamilies() spanFamilies {
	return spanFamilies{
		received: counter("meshhop_spans_received_total", "Spans that ended and were sampled.", "pipeline"),
		exported: counter("meshhop_spans_exported_total", "Spans that were delivered.", "pipeline"),
		dropped:  counter("meshhop_spans_dropped_total", "Spans that were dropped, by reason.", "pipeline", "reason"),
		retries:  counter("meshhop_spans_retries_total", "Deliveries that were retried.", "pipeline"),
		queued:   gauge("meshhop_spans_queued", "Spans that are queued or being delivered.", "pipeline"),
		bytes:    gauge("meshhop_spans_queued_bytes", "Bytes of memory of the spans that are queued or being delivered, for pipelines that bound it.", "pipeline"),
	}
}

func (f *spanFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.received, f.exported, f.dropped, f.retries, f.queued, f.bytes} {
		to <- one.desc
	}
}

func (f *spanFamilies) collect(to sink, name string, stats trace.PipelineStats) {
	f.received.send(to, float64(stats.Received), name)
	f.exported.send(to, float64(stats.Exported), name)
	f.retries.send(to, float64(stats.Retries), name)
	f.queued.send(to, float64(stats.Queued), name)
	f.bytes.send(to, float64(stats.QueuedBytes), name)
	// Each reason has a series from the start, so that an alert on its rate fires for
	// the first lost span.
	for _, lost := range [...]struct {
		reason string
		n      uint64
	}{
		{"queue_full", stats.Dropped.QueueFull},
		{"refused", stats.Dropped.Refused},
		{"shutdown", stats.Dropped.Shutdown},
		{"status", stats.Dropped.Status},
		{"timeout", stats.Dropped.Timeout},
	} {
		f.dropped.send(to, float64(lost.n), name, lost.reason)
	}
}
