package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/proxy/admin/internal/dashboard"
)

// lostContextFamilies are about services that seem to lose the trace context. Their
// number is bounded by that of services; see package lostcontext.
type lostContextFamilies struct{ calls, skipped family }

func newLostContextFamilies() lostContextFamilies {
	return lostContextFamilies{
		calls: gauge("meshhop_lost_context_calls",
			"Calls, in the last 10 to 20 minutes, of services that seem to call others without the trace context that they got: lost (without), kept (with it).", "service", "context"),
		skipped: counter("meshhop_lost_context_skipped_total", "Requests that were not looked at for that, because there were too many in a second."),
	}
}

func (f *lostContextFamilies) describe(to chan<- *prometheus.Desc) {
	to <- f.calls.desc
	to <- f.skipped.desc
}

func (f *lostContextFamilies) collect(to sink, past *dashboard.History) {
	suspects, skipped := past.LostContext()
	for _, s := range suspects {
		name := label(s.Service)
		f.calls.send(to, float64(s.Lost), name, "lost")
		f.calls.send(to, float64(s.Kept), name, "kept")
	}
	f.skipped.send(to, float64(skipped))
}
