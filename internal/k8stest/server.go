package k8stest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Server is a scripted API server. It must not be copied.
type Server struct {
	mu       sync.Mutex
	version  int
	oldest   int // versions before it are forgotten
	objects  map[id]object
	sets     map[string]map[id]object // of objects, by the keys of the queries that they may fit
	history  map[string][]change      // by resource
	watches  map[*watch]struct{}
	index    map[string]map[*watch]struct{}
	rules    []*rule
	requests []string
	headers  []http.Header
	gone     bool // as a status of its own
}

// id is where an object is.
type id struct{ resource, namespace, name string }

// object is one, as JSON with its version.
type object struct {
	id
	text    []byte
	labels  map[string]string
	version int
}

// change is an event that watches may still ask for.
type change struct {
	kind   string // "ADDED"
	object object
	before *object
}

// maxHistory is how many changes of a resource can be asked for.
const maxHistory = 4000

// kinds are the resources by the kind of their objects.
func kinds() map[string]string {
	return map[string]string{
		"Service": "services", "Endpoints": "endpoints", "EndpointSlice": "endpointslices",
		"ConfigMap": "configmaps", "Ingress": "ingresses", "IngressClass": "ingressclasses",
	}
}

// Apply adds an object, or puts it in the place of the one with its kind,
// namespace and name. It is JSON, or a value that becomes JSON, with kind and
// metadata; the namespace is else "default". A list has its objects in items. It
// panics if it is none of that.
func (s *Server) Apply(objects ...any) {
	for _, o := range objects {
		text, ok := o.(string)
		if !ok {
			data, err := json.Marshal(o)
			if err != nil {
				panic(fmt.Sprintf("k8stest: %v", err))
			}
			text = string(data)
		}
		var tree map[string]any
		if err := json.Unmarshal([]byte(text), &tree); err != nil {
			panic(fmt.Sprintf("k8stest: %v in %s", err, text))
		}
		kind, _ := tree["kind"].(string)
		items, isList := tree["items"].([]any)
		if !isList {
			s.apply(kind, tree)
			continue
		}
		for _, item := range items {
			s.apply(strings.TrimSuffix(kind, "List"), item.(map[string]any))
		}
	}
}

func (s *Server) apply(kind string, tree map[string]any) {
	resource, ok := kinds()[kind]
	meta, _ := tree["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	if !ok || name == "" {
		panic(fmt.Sprintf("k8stest: an object of kind %q named %q", kind, name))
	}
	namespace, _ := meta["namespace"].(string)
	if namespace == "" {
		namespace = "default"
	}
	o := object{id: id{resource, namespace, name}, labels: map[string]string{}}
	if labels, ok := meta["labels"].(map[string]any); ok {
		for k, v := range labels {
			o.labels[k], _ = v.(string)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(o, tree, meta, namespace)
}

// put stores an object under the next version. It is called with the lock.
func (s *Server) put(o object, tree, meta map[string]any, namespace string) {
	s.version++
	o.version = s.version
	meta = maps.Clone(meta)
	meta["namespace"], meta["resourceVersion"] = namespace, strconv.Itoa(o.version)
	tree = maps.Clone(tree)
	tree["metadata"] = meta
	o.text, _ = json.Marshal(tree)
	c := change{kind: "ADDED", object: o}
	if before, there := s.objects[o.id]; there {
		c.kind, c.before = "MODIFIED", &before
	}
	if s.objects == nil {
		s.objects = make(map[id]object)
	}
	if c.before != nil {
		s.unset(*c.before)
	}
	s.objects[o.id] = o
	for _, key := range o.keys() {
		if s.sets == nil {
			s.sets = make(map[string]map[id]object)
		}
		if s.sets[key] == nil {
			s.sets[key] = make(map[id]object)
		}
		s.sets[key][o.id] = o
	}
	s.tell(c)
}

// Delete removes an object, if it is there: Delete("Service", "default", "web").
func (s *Server) Delete(kind, namespace, name string) {
	resource, ok := kinds()[kind]
	if !ok {
		panic("k8stest: kind " + kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(id{resource, namespace, name})
}

func (s *Server) remove(at id) {
	o, there := s.objects[at]
	if !there {
		return
	}
	delete(s.objects, at)
	s.unset(o)
	s.version++
	before := o
	o.version = s.version
	var tree map[string]any
	_ = json.Unmarshal(o.text, &tree)
	tree["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(o.version)
	o.text, _ = json.Marshal(tree)
	s.tell(change{kind: "DELETED", object: o, before: &before})
}

func (s *Server) unset(o object) {
	for _, key := range o.keys() {
		if delete(s.sets[key], o.id); len(s.sets[key]) == 0 {
			delete(s.sets, key)
		}
	}
}

// tell remembers a change and sends it to the watches that it concerns.
func (s *Server) tell(c change) {
	if s.history == nil {
		s.history = make(map[string][]change)
	}
	h := append(s.history[c.object.resource], c)
	if len(h) > 2*maxHistory {
		h = slices.Clone(h[len(h)-maxHistory:])
	}
	s.history[c.object.resource] = h
	for _, key := range keysOf(c) {
		for w := range s.index[key] {
			if line := c.line(w.query); line != nil {
				w.send(line)
			}
		}
	}
}

// line is the change as a watch sees it, nil if it does not: what comes to fit a
// selector is added, and what no longer does is deleted.
func (c change) line(q query) []byte {
	is := c.kind != "DELETED" && q.fits(c.object)
	was := c.before != nil && q.fits(*c.before)
	switch {
	case is && was:
		return event("MODIFIED", c.object.text)
	case is:
		return event("ADDED", c.object.text)
	case was:
		return event("DELETED", c.object.text)
	}
	return nil
}

func event(kind string, text []byte) []byte {
	return fmt.Appendf(nil, "{\"type\":%q,\"object\":%s}\n", kind, text)
}

// Requests are the paths and queries of the requests that came, in order, as in
// "/api/v1/namespaces/default/endpoints?limit=500", and the headers of each.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Headers are those of the last request; nil before the first one. The name of
// the host is its Host.
func (s *Server) Headers() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.headers) == 0 {
		return nil
	}
	return s.headers[len(s.headers)-1].Clone()
}

// Watches is how many watches of a resource are connected, such as of
// "endpointslices"; of all for "".
func (s *Server) Watches(resource string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for w := range s.watches {
		if resource == "" || w.query.resource == resource {
			n++
		}
	}
	return n
}

// listed are the objects that fit, by namespace and name.
func (s *Server) listed(q query) []object {
	var all []object
	for _, o := range s.sets[q.key()] {
		if q.fits(o) {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	return all
}
