package dashboard

import "github.com/meshhop/meshhop/internal/lostcontext"

// lostContext is the table of services that seem to call others without the trace context
// that they got.
func (d *Dashboard) lostContext(where at) *table {
	suspects, _ := d.history.LostContext()
	count := func(name, title, metric string, of func(lostcontext.Suspect) uint64) column[lostcontext.Suspect] {
		return column[lostcontext.Suspect]{name: name, title: title, metric: metric, value: func(s lostcontext.Suspect) any { return of(s) }}
	}
	t := tableOf("lost-context", "Services that seem to lose the trace context", suspects, func(s lostcontext.Suspect) string { return s.Service }, []column[lostcontext.Suspect]{
		{name: "service", title: "Service", still: true, value: func(s lostcontext.Suspect) any { return s.Service }},
		count("lost", "Calls without it", "meshhop_lost_context_calls", func(s lostcontext.Suspect) uint64 { return s.Lost }),
		count("kept", "Calls with it", "meshhop_lost_context_calls", func(s lostcontext.Suspect) uint64 { return s.Kept }),
		{name: "trace", title: "A trace that breaks off", value: func(s lostcontext.Suspect) any { return s.Trace.String() }},
		{name: "call", title: "Where it goes on", value: func(s lostcontext.Suspect) any { return s.Call.String() }},
	}, "-lost", where.URL)
	t.Empty = "None is known: every service that calls others seems to send l5d-ctx-* on."
	return t
}
