package collector

// jsonSpan is a span in Zipkin's JSON v2.
type jsonSpan struct {
	TraceID     string            `json:"traceId"`
	ParentID    string            `json:"parentId,omitempty"`
	ID          string            `json:"id"`
	Kind        string            `json:"kind,omitempty"`
	Name        string            `json:"name,omitempty"`
	Timestamp   int64             `json:"timestamp,omitempty"`
	Duration    int64             `json:"duration,omitempty"`
	Local       *jsonEndpoint     `json:"localEndpoint,omitempty"`
	Remote      *jsonEndpoint     `json:"remoteEndpoint,omitempty"`
	Annotations []jsonAnnotation  `json:"annotations,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Debug       bool              `json:"debug,omitempty"`
	Shared      bool              `json:"shared,omitempty"`
}

type jsonEndpoint struct {
	ServiceName string `json:"serviceName,omitempty"`
	IPv4        string `json:"ipv4,omitempty"`
	IPv6        string `json:"ipv6,omitempty"`
	Port        uint16 `json:"port,omitempty"`
}

type jsonAnnotation struct {
	Timestamp int64  `json:"timestamp"`
	Value     string `json:"value"`
}

// wire returns the span in the form that the API sends.
func (s *span) wire() *jsonSpan {
	w := &jsonSpan{
		TraceID:   s.trace.String(),
		ID:        formatID(s.id),
		Kind:      s.kind.String(),
		Name:      s.name,
		Timestamp: s.timestamp,
		Duration:  s.duration,
		Local:     s.local.wire(),
		Remote:    s.remote.wire(),
		Debug:     s.debug,
		Shared:    s.shared,
	}
	if s.parent != 0 {
		w.ParentID = formatID(s.parent)
	}
	for _, a := range s.annotations {
		w.Annotations = append(w.Annotations, jsonAnnotation{a.timestamp, a.value})
	}
	if len(s.tags) > 0 {
		w.Tags = make(map[string]string, len(s.tags))
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
	w := &jsonEndpoint{ServiceName: e.service, Port: e.port}
	if e.ipv4.IsValid() {
		w.IPv4 = e.ipv4.String()
	}
	if e.ipv6.IsValid() {
		w.IPv6 = e.ipv6.String()
	}
	return w
}
