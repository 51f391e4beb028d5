package collector

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// merge joins the parts of spans that were reported separately: those of one trace with the
// same id and shared flag whose endpoints do not contradict each other. The result is
// ordered by id; a client comes before the server that shares its id.
func merge(spans []*span) []*span {
	sorted := slices.Clone(spans)
	slices.SortStableFunc(sorted, func(a, b *span) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(side(a), side(b)), compareEndpoints(a.local, b.local))
	})
	var out []*span
	var last *span
	for i := 0; i < len(sorted); {
		s := sorted[i]
		var at endpoint
		at.accept(s.local)
		end := i + 1
		for end < len(sorted) && sorted[end].id == s.id && sorted[end].shared == s.shared && at.accept(sorted[end].local) {
			end++
		}
		if end > i+1 {
			s = combine(sorted[i:end])
		}
		if last != nil && last.id == s.id {
			s = afterClient(s, last)
		}
		out = append(out, s)
		last, i = s, end
	}
	return out
}

// side orders spans of one id: clients, then others, then those with the shared flag.
func side(s *span) int {
	switch {
	case s.shared:
		return 2
	case s.kind == kindClient:
		return 0
	}
	return 1
}

// afterClient returns s with the shared flag and the parent that it lacks if it is the server
// side of an id that it shares with the client last.
func afterClient(s, last *span) *span {
	shared := s.shared || last.kind == kindClient && s.kind == kindServer
	parent := s.parent
	if shared && parent == 0 {
		parent = last.parent
	}
	if shared == s.shared && parent == s.parent {
		return s
	}
	fixed := *s
	fixed.shared, fixed.parent = shared, parent
	return &fixed
}

func combine(parts []*span) *span {
	s := *parts[0]
	s.annotations = slices.Clone(s.annotations)
	all := map[string]string{}
	for _, t := range s.tags {
		all[t.key] = t.value
	}
	for _, p := range parts[1:] {
		s.parent = cmp.Or(s.parent, p.parent)
		s.kind = cmp.Or(s.kind, p.kind)
		s.name = cmp.Or(s.name, p.name)
		s.timestamp = cmp.Or(s.timestamp, p.timestamp)
		s.duration = cmp.Or(s.duration, p.duration)
		s.local = s.local.with(p.local)
		s.remote = s.remote.with(p.remote)
		s.debug = s.debug || p.debug
		s.cut = s.cut || p.cut
		s.annotations = append(s.annotations, p.annotations...)
		for _, t := range p.tags {
			all[t.key] = t.value
		}
	}
	slices.SortStableFunc(s.annotations, compareAnnotations)
	s.annotations = slices.Compact(s.annotations)
	s.tags = make([]tag, 0, len(all))
	for _, k := range sortedKeys(all) {
		s.tags = append(s.tags, tag{k, all[k]})
	}
	return &s
}

// accept adds what o knows of the endpoint and returns true, unless o contradicts e.
func (e *endpoint) accept(o *endpoint) bool {
	if o == nil {
		return true
	}
	if differ(e.service, o.service) || differ(e.ipv4, o.ipv4) || differ(e.ipv6, o.ipv6) || differ(e.port, o.port) {
		return false
	}
	*e = *e.with(o)
	return true
}

func differ[T comparable](a, b T) bool {
	var none T
	return a != none && b != none && a != b
}

func (e *endpoint) with(o *endpoint) *endpoint {
	if e == nil {
		return o
	}
	if o == nil {
		return e
	}
	return &endpoint{
		service: cmp.Or(e.service, o.service),
		ipv4:    cmp.Or(e.ipv4, o.ipv4),
		ipv6:    cmp.Or(e.ipv6, o.ipv6),
		port:    cmp.Or(e.port, o.port),
	}
}

func compareEndpoints(a, b *endpoint) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	return cmp.Or(
		lastIfNone(a.service == "", b.service == "", strings.Compare(a.service, b.service)),
		compareIPs(a.ipv4, b.ipv4),
		compareIPs(a.ipv6, b.ipv6),
	)
}

func compareIPs(a, b netip.Addr) int {
	return lastIfNone(!a.IsValid(), !b.IsValid(), a.Compare(b))
}

func lastIfNone(a, b bool, otherwise int) int {
	if a || b {
		return cmp.Compare(btoi(a), btoi(b))
	}
	return otherwise
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
