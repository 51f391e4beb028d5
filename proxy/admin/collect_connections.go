package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/router/h1"
)

// connectionFamilies are the metrics of the connections to the endpoints of a replica
// set.
type connectionFamilies struct {
	open, used, idle, waiters         family
	connects, failed, waited, refused family
	unasked, readLate, writeLate      family
}

func newConnectionFamilies(labels ...string) *connectionFamilies {
	return &connectionFamilies{
		open:      gauge("rt:client:connections", "Open connections to endpoints.", labels...),
		used:      gauge("rt:client:pool_size", "Connections that are in use by a request.", labels...),
		idle:      gauge("rt:client:pool_cached", "Idle connections.", labels...),
		waiters:   gauge("rt:client:pool_waiters", "Requests that are waiting for a connection.", labels...),
		connects:  counter("rt:client:connects", "Connections that were established.", labels...),
		failed:    counter("meshhop_client_connect_failures_total", "Connections that could not be established, not counting those whose client had left.", labels...),
		unasked:   counter("meshhop_client_unasked_total", "Connections that were closed because the endpoint sent bytes that no request had asked for.", labels...),
		readLate:  counter("rt:client:read_timeout", "Connections to endpoints that were closed because nothing was read for too long.", labels...),
		writeLate: counter("rt:client:write_timeout", "Writes to endpoints that failed because a connection did not take them in time.", labels...),
		waited:    counter("rt:client:pool_num_waited", "Requests that had to wait for a connection.", labels...),
		refused:   counter("rt:client:pool_num_too_many_waiters", "Requests that failed because too many others were waiting for a connection.", labels...),
	}
}

func (f *connectionFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.open, f.used, f.idle, f.waiters, f.connects, f.failed, f.waited, f.refused, f.unasked, f.readLate, f.writeLate} {
		to <- one.desc
	}
}

func (f *connectionFamilies) collect(to sink, s *h1.Stats, labels ...string) {
	if s == nil {
		return
	}
	f.open.send(to, float64(s.Open), labels...)
	f.used.send(to, float64(s.Open-s.Idle), labels...)
	f.idle.send(to, float64(s.Idle), labels...)
	f.waiters.send(to, float64(s.Waiters), labels...)
	f.connects.send(to, float64(s.Connects), labels...)
	f.failed.send(to, float64(s.ConnectFailures), labels...)
	f.unasked.send(to, float64(s.Unasked), labels...)
	f.readLate.send(to, float64(s.ReadTimeouts), labels...)
	f.writeLate.send(to, float64(s.WriteTimeouts), labels...)
	f.waited.send(to, float64(s.Waited), labels...)
	f.refused.send(to, float64(s.TooManyWaiters), labels...)
}
