package admin

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/lostcontext"
	"github.com/meshhop/meshhop/proxy/admin/internal/dashboard"
)

// lostContextFamilies are about services that seem to lose the trace context.
type lostContextFamilies struct{ calls, folded, skipped family }

func newLostContextFamilies() lostContextFamilies {
	return lostContextFamilies{
		calls: gauge("meshhop_lost_context_calls",
			"Calls, in the last 10 to 20 minutes, of services that seem to call others without the trace context that they got: lost (without), kept (with it).", "service", "context"),
		folded:  gauge("meshhop_lost_context_folded", "Services that share the series (other) of meshhop_lost_context_calls because there are too many for one series each."),
		skipped: counter("meshhop_lost_context_skipped_total", "Requests that were not looked at for that, because there were too many in a second."),
	}
}

func (f *lostContextFamilies) describe(to chan<- *prometheus.Desc) {
	to <- f.calls.desc
	to <- f.folded.desc
	to <- f.skipped.desc
}

func (f *lostContextFamilies) collect(to sink, past *dashboard.History) {
	suspects, skipped := past.LostContext()
	slices.SortFunc(suspects, func(a, b lostcontext.Suspect) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.Service, b.Service))
	})
	var rest lostcontext.Suspect
	for i, s := range suspects {
		if i >= maxNames {
			rest.Lost, rest.Kept = rest.Lost+s.Lost, rest.Kept+s.Kept
			continue
		}
		f.send(to, label(s.Service), s)
	}
	if f.folded.send(to, float64(max(len(suspects)-maxNames, 0))); len(suspects) > maxNames {
		f.send(to, otherNames, rest)
	}
	f.skipped.send(to, float64(skipped))
}

func (f *lostContextFamilies) send(to sink, service string, s lostcontext.Suspect) {
	f.calls.send(to, float64(s.Lost), service, "lost")
	f.calls.send(to, float64(s.Kept), service, "kept")
}
