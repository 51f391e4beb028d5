package collector

import (
	"maps"
	"slices"
	"strings"
)

// service is the index entry of a service that reported spans. It exists as long as a
// trace with a span of the service does.
type service struct {
	name    string
	traces  map[*storedTrace]struct{}
	spans   map[string]int // uses of a span name
	remotes map[string]int // uses of a remote service name
}

func (s *store) index(t *storedTrace, sp *span) {
	name := sp.service()
	if name == "" {
		return
	}
	svc := s.services[name]
	if svc == nil {
		svc = &service{name: name, traces: map[*storedTrace]struct{}{}, spans: map[string]int{}, remotes: map[string]int{}}
		s.services[name] = svc
		s.counted.Bytes += serviceCost + int64(len(name))
	}
	sp.local.service = svc.name // all spans share one copy of the text
	if _, ok := svc.traces[t]; !ok {
		svc.traces[t] = struct{}{}
		s.counted.Bytes += membershipMem
	}
	s.use(svc.spans, sp.name)
	s.use(svc.remotes, sp.remoteService())
}

func (s *store) use(names map[string]int, name string) {
	if name == "" {
		return
	}
	if names[name]++; names[name] == 1 {
		s.counted.Bytes += nameCost
	}
}

func (s *store) unuse(names map[string]int, name string) {
	if name == "" {
		return
	}
	if names[name]--; names[name] <= 0 {
		delete(names, name)
		s.counted.Bytes -= nameCost
	}
}

func (s *store) unindex(t *storedTrace) {
	for _, sp := range t.spans {
		svc := s.services[sp.service()]
		if svc == nil {
			continue
		}
		s.unuse(svc.spans, sp.name)
		s.unuse(svc.remotes, sp.remoteService())
		if _, ok := svc.traces[t]; ok {
			delete(svc.traces, t)
			s.counted.Bytes -= membershipMem
		}
	}
	// In a second loop, because only now all spans of each service in t are subtracted.
	for _, sp := range t.spans {
		if svc := s.services[sp.service()]; svc != nil && len(svc.traces) == 0 {
			delete(s.services, svc.name)
			s.counted.Bytes -= serviceCost + int64(len(svc.name))
		}
	}
}

func (s *store) serviceNames() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return sortedKeys(s.services)
}

func (s *store) spanNames(name string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if svc := s.services[strings.ToLower(name)]; svc != nil {
		return sortedKeys(svc.spans)
	}
	return []string{}
}

func (s *store) remoteNames(name string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if svc := s.services[strings.ToLower(name)]; svc != nil {
		return sortedKeys(svc.remotes)
	}
	return []string{}
}

// maxRemotes bounds the names of remote services that are listed for all services together.
const maxRemotes = 1000

// anyRemoteNames returns the remote services of all services, as far as the bound allows.
func (s *store) anyRemoteNames() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := map[string]struct{}{}
	for _, svc := range s.services {
		for name := range svc.remotes {
			if len(names) == maxRemotes {
				return sortedKeys(names)
			}
			names[name] = struct{}{}
		}
	}
	return sortedKeys(names)
}

func sortedKeys[V any](m map[string]V) []string {
	out := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(out)
	return out
}
