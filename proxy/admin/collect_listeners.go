package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/proxy/serve"
)

// listenerFamilies are the metrics of the connections from clients.
type listenerFamilies struct {
	open, accepted, waited, closed family
}

// newListenerFamilies makes the metrics of the routers' servers.
func newListenerFamilies() listenerFamilies {
	labels := []string{"rt", "server"}
	return listenerFamilies{
		open:     gauge("rt:server:connections", "Open connections from clients, including upgraded ones.", labels...),
		accepted: counter("rt:server:connects", "Connections that were accepted from clients.", labels...),
		waited:   counter("meshhop_server_connections_waited_total", "Connections that had to wait because the maximum number was open.", labels...),
		closed: counter("meshhop_server_connections_closed_total",
			"Connections that were closed because the client exceeded a time limit (idle, head, body, response), or to make room for another connection (evicted).", append(labels, "reason")...),
	}
}

// newOwnListenerFamilies makes the metrics of the admin server itself.
func newOwnListenerFamilies() listenerFamilies {
	return listenerFamilies{
		open:     gauge("meshhop_admin_connections", "Open connections to the admin server."),
		accepted: counter("meshhop_admin_connects_total", "Connections to the admin server that were accepted."),
		waited:   counter("meshhop_admin_connections_waited_total", "Connections to the admin server that had to wait because the maximum number was open."),
		closed: counter("meshhop_admin_connections_closed_total",
			"Connections to the admin server that were closed because the client exceeded a time limit (idle, head, body, response), or to make room for another connection (evicted).", "reason"),
	}
}

func (f *listenerFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.open, f.accepted, f.waited, f.closed} {
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
	for _, one := range []struct {
		reason string
		n      uint64
	}{{"idle", s.IdleTimeouts}, {"head", s.HeadTimeouts}, {"body", s.BodyTimeouts}, {"response", s.ResponseTimeouts}, {"evicted", s.Evicted}} {
		f.closed.send(to, float64(one.n), append(labels[:len(labels):len(labels)], one.reason)...)
	}
}
