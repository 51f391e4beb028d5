package admin

import "github.com/prometheus/client_golang/prometheus"

// causeFamily is the failures of a server, a service or a client, by what caused them. In
// Linkerd they are children of rt:<what>:failures, under the names of exceptions, so that a
// sum over that name counts them twice (vector 328).
type causeFamily struct{ family }

func newCauseFamily(what, of string, labels ...string) causeFamily {
	return causeFamily{counter("meshhop_"+what+"_failures_by_cause_total",
		of+" that failed, by what caused it: status (a response counts as a failure), or else the step that failed, such as connect or attempt_timeout.", append(labels[:len(labels):len(labels)], "cause")...)}
}

func (f *causeFamily) describe(to chan<- *prometheus.Desc) { to <- f.desc }

// collect sends those that occurred.
func (f *causeFamily) collect(to sink, causes map[string]uint64, labels ...string) {
	for _, cause := range sortedKeys(causes) {
		f.send(to, float64(causes[cause]), append(labels[:len(labels):len(labels)], cause)...)
	}
}
