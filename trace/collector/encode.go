package collector

import "strconv"

// wire is the span in the form in which the API writes it.
func (s *span) wire() *jsonSpan {
	w := &jsonSpan{
		TraceID:   s.trace.String(),
		ID:        formatID(s.id),
		Kind:      s.kind.String(),
		Name:      s.name,
		Timestamp: number(s.timestamp),
		Duration:  number(s.duration),
		Local:     s.local.wire(),
		Remote:    s.remote.wire(),
		Debug:     s.debug,
		Shared:    s.shared,
	}
	if s.parent != 0 {
		w.ParentID = formatID(s.parent)
	}
	for i := range s.annotations {
		a := &s.annotations[i]
		w.Annotations = append(w.Annotations, jsonAnnotation{jsonNumber(strconv.FormatInt(a.timestamp, 10)), &a.value})
	}
	if len(s.tags) > 0 {
		w.Tags = make(map[string]any, len(s.tags))
		for _, t := range s.tags {
			w.Tags[t.key] = t.value
		}
	}
	return w
}

func (e *endpoint) wire() *jsonEndpoint {
	if e == nil {
		return nil
	}
	w := &jsonEndpoint{ServiceName: e.service, Port: number(int64(e.port))}
	if e.ipv4.IsValid() {
		w.IPv4 = e.ipv4.String()
	}
	if e.ipv6.IsValid() {
		w.IPv6 = e.ipv6.String()
	}
	return w
}

func number(v int64) jsonNumber {
	if v == 0 {
		return ""
	}
	return jsonNumber(strconv.FormatInt(v, 10))
}
