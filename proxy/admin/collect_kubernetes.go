package admin

import "github.com/prometheus/client_golang/prometheus"

// kubernetesFamilies are the metrics of what is watched at API servers. Of the
// objects' names and namespaces, which can be strangers' words, none is a label.
type kubernetesFamilies struct {
	watches, connected, failing, age, objects, bytes, events, relists, failures family
}

func newKubernetesFamilies() kubernetesFamilies {
	of := []string{"server", "resource"}
	return kubernetesFamilies{
		watches:   gauge("meshhop_k8s_watches", "Watches that names, transformers and others need now.", of...),
		connected: gauge("meshhop_k8s_watches_connected", "Watches that the server tells of changes now.", of...),
		failing:   gauge("meshhop_k8s_watches_failing", "Watches that the server does not answer or answers with errors.", of...),
		age:       gauge("meshhop_k8s_answer_age_seconds", "For how long the server has failed the watch that it has failed for longest: the age of the oldest answer that names go by. 0 if it fails none.", of...),
		objects:   gauge("meshhop_k8s_objects", "Objects that the watches hold.", of...),
		bytes:     gauge("meshhop_k8s_object_bytes", "About how long these objects were as the server sent them; less is held.", of...),
		events:    counter("meshhop_k8s_events_total", "Events of watches, by type.", append(of, "type")...),
		relists:   counter("meshhop_k8s_relists_total", "Lists that were not the first of a watch.", of...),
		failures:  counter("meshhop_k8s_failures_total", "Lists and watches that were not answered, or by an error.", append(of, "reason")...),
	}
}

func (f *kubernetesFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.watches, f.connected, f.failing, f.age, f.objects, f.bytes, f.events, f.relists, f.failures} {
		to <- one.desc
	}
}

func (f *kubernetesFamilies) collect(to chan<- prometheus.Metric, k Kubernetes) {
	for _, s := range k.Stats() {
		f.watches.send(to, float64(s.Watches), k.Name, s.Resource)
		f.connected.send(to, float64(s.Connected), k.Name, s.Resource)
		f.failing.send(to, float64(s.Failing), k.Name, s.Resource)
		f.age.send(to, s.Age.Seconds(), k.Name, s.Resource)
		f.objects.send(to, float64(s.Objects), k.Name, s.Resource)
		f.bytes.send(to, float64(s.Bytes), k.Name, s.Resource)
		f.relists.send(to, float64(s.Relists), k.Name, s.Resource)
		for kind, n := range s.Events {
			f.events.send(to, float64(n), k.Name, s.Resource, kind)
		}
		for reason, n := range s.Failures {
			f.failures.send(to, float64(n), k.Name, s.Resource, reason)
		}
	}
}
