package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/trace"
)

// tracingFamilies is whether the process records spans; see tracingPage.
type tracingFamilies struct{ on family }

func newTracingFamilies() tracingFamilies {
	return tracingFamilies{gauge("meshhop_tracing_enabled", "1 if spans are recorded as the configuration says, 0 if /admin/tracing has turned that off.")}
}

func (f *tracingFamilies) describe(to chan<- *prometheus.Desc) { to <- f.on.desc }

func (f *tracingFamilies) collect(to sink, recording *trace.Switch) {
	on := 0.0
	if recording.On() {
		on = 1
	}
	if recording != nil {
		f.on.send(to, on)
	}
}
