package k8stest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// query is what a request asks for.
type query struct {
	resource, namespace, name string
	labels                    map[string]string
	watch                     bool
	bookmarks                 bool
	version                   string
	limit, from               int
}

// versions are the groups and versions of the resources.
func versions(resource string) []string {
	switch resource {
	case "services", "endpoints", "configmaps":
		return []string{"/api/v1"}
	case "endpointslices":
		return []string{"/apis/discovery.k8s.io/v1"}
	case "ingresses":
		return []string{"/apis/networking.k8s.io/v1", "/apis/extensions/v1beta1"}
	case "ingressclasses":
		return []string{"/apis/networking.k8s.io/v1"}
	}
	return nil
}

// parse reads a request; ok is false if there is no such resource.
func parse(u *url.URL) (q query, ok bool) {
	parts := strings.Split(u.Path, "/")
	if len(parts) >= 3 && parts[len(parts)-3] == "namespaces" {
		q.namespace = parts[len(parts)-2]
	}
	q.resource = parts[len(parts)-1]
	prefix := strings.TrimSuffix(u.Path, "/"+q.resource)
	if q.namespace != "" {
		prefix = strings.TrimSuffix(prefix, "/namespaces/"+q.namespace)
	}
	for _, version := range versions(q.resource) {
		ok = ok || version == prefix
	}
	v := u.Query()
	q.watch = v.Get("watch") == "true" || v.Get("watch") == "1"
	q.bookmarks = v.Get("allowWatchBookmarks") == "true"
	q.version = v.Get("resourceVersion")
	q.limit, _ = strconv.Atoi(v.Get("limit"))
	q.from, _ = strconv.Atoi(v.Get("continue"))
	if fields := v.Get("fieldSelector"); fields != "" {
		q.name = strings.TrimPrefix(fields, "metadata.name=")
	}
	if labels := v.Get("labelSelector"); labels != "" {
		q.labels = map[string]string{}
		for one := range strings.SplitSeq(labels, ",") {
			key, value, _ := strings.Cut(one, "=")
			q.labels[key] = value
		}
	}
	return q, ok
}

func (q query) fits(o object) bool {
	if o.resource != q.resource || q.namespace != "" && o.namespace != q.namespace || q.name != "" && o.name != q.name {
		return false
	}
	for key, value := range q.labels {
		if o.labels[key] != value {
			return false
		}
	}
	return true
}

const serviceName = "kubernetes.io/service-name"

// key says which changes may concern a watch: those of one object, of one
// Service's slices, or all of a resource.
func (q query) key() string {
	switch service := q.labels[serviceName]; {
	case q.name != "" && q.namespace != "":
		return q.resource + "/" + q.namespace + "/" + q.name
	case service != "" && q.namespace != "":
		return q.resource + "/" + q.namespace + "//" + service
	}
	return q.resource
}

// keys are those of the queries that an object may fit.
func (o object) keys() []string {
	keys := []string{o.resource, o.resource + "/" + o.namespace + "/" + o.name}
	if service := o.labels[serviceName]; service != "" {
		keys = append(keys, o.resource+"/"+o.namespace+"//"+service)
	}
	return keys
}

// keysOf are those of the queries that a change may concern.
func keysOf(c change) []string {
	keys := c.object.keys()
	if c.before != nil && len(c.before.keys()) == 3 && c.before.keys()[2] != keys[len(keys)-1] {
		keys = append(keys, c.before.keys()[2])
	}
	return keys
}

// note remembers a request.
func (s *Server) note(r *http.Request) {
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	s.requests = append(s.requests, r.URL.RequestURI())
	s.headers = append(s.headers[max(0, len(s.headers)-99):], header)
}
