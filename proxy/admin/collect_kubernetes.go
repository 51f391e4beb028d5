package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/resolve"
)

// kubernetesFamilies are the metrics of the watches at API servers. Names and namespaces
// of objects are no labels, because anybody may choose them.
type kubernetesFamilies struct {
	watches, connected, failing, age, objects, bytes, events, relists, failures family
}

func newKubernetesFamilies() kubernetesFamilies {
	of := []string{"server", "resource"}
	return kubernetesFamilies{
		watches:   gauge("meshhop_k8s_watches", "Watches that are in use now, by namers, transformers and others.", of...),
		connected: gauge("meshhop_k8s_watches_connected", "Watches that are connected and receive changes.", of...),
		failing:   gauge("meshhop_k8s_watches_failing", "Watches that get errors or no response from the server.", of...),
		age:       gauge("meshhop_k8s_answer_age_seconds", "Seconds since the watch that has failed for longest began to fail, which is the age of the oldest data in use. 0 if no watch fails.", of...),
		objects:   gauge("meshhop_k8s_objects", "Objects that the watches keep.", of...),
		bytes:     gauge("meshhop_k8s_object_bytes", "About how many bytes the server sent for these objects; fewer are kept in memory.", of...),
		events:    counter("meshhop_k8s_events_total", "Watch events that were received, by type.", append(of, "type")...),
		relists:   counter("meshhop_k8s_relists_total", "Lists that were made after the first list of a watch.", of...),
		failures:  counter("meshhop_k8s_failures_total", "Lists and watches that ended with an error or without a response, by reason.", append(of, "reason")...),
	}
}

func (f *kubernetesFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.watches, f.connected, f.failing, f.age, f.objects, f.bytes, f.events, f.relists, f.failures} {
		to <- one.desc
	}
}

func (f *kubernetesFamilies) collect(to sink, name string, stats []resolve.WatchStats) {
	for _, s := range stats {
		f.watches.send(to, float64(s.Watches), name, s.Resource)
		f.connected.send(to, float64(s.Connected), name, s.Resource)
		f.failing.send(to, float64(s.Failing), name, s.Resource)
		f.age.send(to, s.Age.Seconds(), name, s.Resource)
		f.objects.send(to, float64(s.Objects), name, s.Resource)
		f.bytes.send(to, float64(s.Bytes), name, s.Resource)
		f.relists.send(to, float64(s.Relists), name, s.Resource)
		for _, kind := range sortedKeys(s.Events) {
			f.events.send(to, float64(s.Events[kind]), name, s.Resource, kind)
		}
		for _, reason := range sortedKeys(s.Failures) {
			f.failures.send(to, float64(s.Failures[reason]), name, s.Resource, reason)
		}
	}
}
