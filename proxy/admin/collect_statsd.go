package admin

import "github.com/prometheus/client_golang/prometheus"

// statsdFamilies are the metrics of what is sent to a statsd.
type statsdFamilies struct{ packets, failures family }

func newStatsdFamilies() statsdFamilies {
	return statsdFamilies{
		packets:  counter("meshhop_statsd_packets_total", "Packets that were sent to a statsd. Whether it received them is not known.", "to"),
		failures: counter("meshhop_statsd_failures_total", "Failures to send packets to a statsd: nobody listens, or its host does not resolve.", "to"),
	}
}

func (f *statsdFamilies) describe(to chan<- *prometheus.Desc) {
	to <- f.packets.desc
	to <- f.failures.desc
}

// collect sends the series of each address; prefixes share them.
func (f *statsdFamilies) collect(to sink, all *senders) {
	packets, failures := map[string]uint64{}, map[string]uint64{}
	all.mu.Lock()
	for key, sender := range all.all {
		stats := sender.Stats()
		packets[key[0]] += stats.Packets
		failures[key[0]] += stats.Failed
	}
	all.mu.Unlock()
	for _, addr := range sortedKeys(packets) {
		f.packets.send(to, float64(packets[addr]), addr)
		f.failures.send(to, float64(failures[addr]), addr)
	}
}
