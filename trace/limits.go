package trace

import (
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// The methods of this file run while the span's lock is held, or before anybody
// else has the span.

// set sets attributes, each under its key's first place.
func (s *recording) set(kvs ...attribute.KeyValue) {
	for i := range kvs {
		if !kvs[i].Valid() {
			s.DroppedAttributes++
			continue
		}
		kv := s.provider.limits.cut(kvs[i])
		s.put(kv.Key, kv.Value)
	}
}

// tag sets an attribute whose key is one of this package's.
func (s *recording) tag(key attribute.Key, value string) {
	s.put(key, attribute.StringValue(cut(value, s.provider.limits.ValueBytes)))
}

// tagIf is tag for what may not be there.
func (s *recording) tagIf(key attribute.Key, value string) {
	if value != "" {
		s.tag(key, value)
	}
}

// fresh is tag for a key that the span cannot have yet.
func (s *recording) fresh(key attribute.Key, value string) {
	s.add(key, attribute.StringValue(cut(value, s.provider.limits.ValueBytes)))
}

// put sets an attribute that is within the limits.
func (s *recording) put(key attribute.Key, value attribute.Value) {
	r := &s.Record
	for i := range r.Attributes {
		if a := &r.Attributes[i]; a.Key == key {
			a.Value = value
			return
		}
	}
	s.add(key, value)
}

func (s *recording) add(key attribute.Key, value attribute.Value) {
	r := &s.Record
	if len(r.Attributes) >= s.provider.limits.Attributes {
		r.DroppedAttributes++
		return
	}
	if r.Attributes == nil {
		r.Attributes = s.attributes[:0]
	}
	r.Attributes = append(r.Attributes, attribute.KeyValue{Key: key, Value: value})
}

func (s *recording) addEvent(name string, at time.Time, attrs []attribute.KeyValue) {
	r := &s.Record
	if len(r.Events) >= s.provider.limits.Events {
		r.DroppedEvents++
		return
	}
	if r.Events == nil {
		r.Events = s.events[:0]
	}
	r.Events = append(r.Events, Event{
		Name:       cut(name, s.provider.limits.ValueBytes),
		Time:       at,
		Attributes: s.few(attrs),
	})
}

func (s *recording) addLink(l oteltrace.Link) {
	r := &s.Record
	if len(r.Links) >= s.provider.limits.Links {
		r.DroppedLinks++
		return
	}
	r.Links = append(r.Links, oteltrace.Link{SpanContext: l.SpanContext, Attributes: s.few(l.Attributes)})
}

// few returns a bounded copy of the attributes of an event or a link.
func (s *recording) few(attrs []attribute.KeyValue) []attribute.KeyValue {
	if len(attrs) == 0 {
		return nil
	}
	if limit := s.provider.limits.AttributesPerEvent; len(attrs) > limit {
		s.DroppedAttributes += len(attrs) - limit
		attrs = attrs[:limit]
	}
	bounded := make([]attribute.KeyValue, len(attrs))
	for i, kv := range attrs {
		bounded[i] = s.provider.limits.cut(kv)
	}
	return bounded
}

// cut bounds the key and the value of kv. A list that is too long becomes the
// beginning of its text.
func (l Limits) cut(kv attribute.KeyValue) attribute.KeyValue {
	kv.Key = attribute.Key(cut(string(kv.Key), l.ValueBytes))
	switch kv.Value.Type() {
	case attribute.BOOL, attribute.INT64, attribute.FLOAT64, attribute.EMPTY:
	case attribute.STRING:
		if text := kv.Value.AsString(); len(text) > l.ValueBytes {
			kv.Value = attribute.StringValue(cut(text, l.ValueBytes))
		}
	default:
		if text := kv.Value.String(); len(text) > l.ValueBytes {
			kv.Value = attribute.StringValue(cut(text, l.ValueBytes))
		}
	}
	return kv
}

// cut returns the first n bytes of s, or a little less so as not to cut a
// character in two.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(s[i]) {
			n = i
			break
		}
	}
	return strings.Clone(s[:n])
}
