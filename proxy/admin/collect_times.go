package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
)

// timeFamilies are durations by the class of the status (StatusCodeStatsFilter.scala).
type timeFamilies [histogram.Classes]statFamily

// newTimeFamilies makes the metrics of a scope such as "rt:server"; what says of what.
func newTimeFamilies(scope, what string, labels ...string) *timeFamilies {
	f := new(timeFamilies)
	for class, name := range classes() {
		of := "with status " + name
		if class == 0 {
			of = "without a response"
		}
		f[class] = newStat(scope+":time:"+name, "Duration of "+what+" "+of+" in milliseconds, up to the head of the response.", labels...)
	}
	return f
}

func (f *timeFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range f {
		one.describe(to)
	}
}

// collect sends the durations of the classes that occurred.
func (f *timeFamilies) collect(to sink, l histogram.Latency, labels ...string) {
	for class, s := range l {
		if len(s.All.Buckets) > 0 {
			f[class].send(to, s, labels...)
		}
	}
}
