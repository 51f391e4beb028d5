package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/proxy/serve"
)

// listenerFamilies are the metrics of the connections from clients.
type listenerFamilies struct {
	open, accepted, waited, closed family

	limits []limitFamily // by Linkerd's names, and what ended more than a wait
}

// limitFamily is the metric of connections that exceeded one limit.
type limitFamily struct {
	family
	of func(serve.Stats) uint64
}

// newListenerFamilies makes the metrics of the routers' servers.
func newListenerFamilies() listenerFamilies {
	labels := []string{"rt", "server"}
	return listenerFamilies{
		open:     gauge("rt:server:connections", "Open connections from clients, including upgraded ones.", labels...),
		accepted: counter("rt:server:connects", "Connections that were accepted from clients.", labels...),
		waited:   counter("meshhop_server_connections_waited_total", "Connections that had to wait because the maximum number was open.", labels...),
		closed: counter("meshhop_server_connections_closed_total",
			"Connections that were closed because the client exceeded a time limit (idle, head, body, response, lifetime, or read and write of the socket), to make room for another connection (evicted), or because the client of HTTP/2 reset too many streams or sent too many frames that ask for nothing (flood).", append(labels, "reason")...),
		limits: []limitFamily{
			{counter("rt:server:idle", "Connections that were closed because they had been idle for too long.", labels...), func(s serve.Stats) uint64 { return s.IdleTimeouts }},
			{counter("rt:server:lifetime", "Connections that were closed because they had been open for too long.", labels...), func(s serve.Stats) uint64 { return s.Lifetimes }},
			{counter("rt:server:read_timeout", "Connections that were closed because nothing was read for too long.", labels...), func(s serve.Stats) uint64 { return s.ReadTimeouts }},
			{counter("rt:server:write_timeout", "Connections that were closed because a write made no progress for too long.", labels...), func(s serve.Stats) uint64 { return s.WriteTimeouts }},
			{counter("meshhop_server_http2_errors_total", "What clients did against the rules of HTTP/2. Each ended a stream or its connection.", labels...), func(s serve.Stats) uint64 { return s.Mistakes }},
		},
	}
}

// newOwnListenerFamilies makes the metrics of the admin server itself.
func newOwnListenerFamilies() listenerFamilies {
	return listenerFamilies{
		open:     gauge("meshhop_admin_connections", "Open connections to the admin server."),
		accepted: counter("meshhop_admin_connects_total", "Connections to the admin server that were accepted."),
		waited:   counter("meshhop_admin_connections_waited_total", "Connections to the admin server that had to wait because the maximum number was open."),
		closed: counter("meshhop_admin_connections_closed_total",
			"Connections to the admin server that were closed because the client exceeded a time limit (idle, head, body, response, lifetime, or read and write of the socket), to make room for another connection (evicted), or because the client of HTTP/2 reset too many streams or sent too many frames that ask for nothing (flood).", "reason"),
	}
}

func (f *listenerFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.open, f.accepted, f.waited, f.closed} {
		to <- one.desc
	}
	for _, one := range f.limits {
		to <- one.desc
	}
}

func (f *listenerFamilies) collect(to sink, stats func() serve.Stats, labels ...string) {
	if stats == nil {
		return
	}
	s := stats()
	f.open.send(to, float64(s.Connections), labels...)
	f.accepted.send(to, float64(s.Accepted), labels...)
	f.waited.send(to, float64(s.Waited), labels...)
	for _, one := range f.limits {
		one.send(to, float64(one.of(s)), labels...)
	}
	for _, one := range []struct {
		reason string
		n      uint64
	}{{"idle", s.IdleTimeouts}, {"head", s.HeadTimeouts}, {"body", s.BodyTimeouts}, {"response", s.ResponseTimeouts}, {"evicted", s.Evicted},
		{"lifetime", s.Lifetimes}, {"read", s.ReadTimeouts}, {"write", s.WriteTimeouts}, {"flood", s.Floods}} {
		f.closed.send(to, float64(one.n), append(labels[:len(labels):len(labels)], one.reason)...)
	}
}
