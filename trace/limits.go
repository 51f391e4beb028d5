package trace

import (
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// The methods in this file are called with the span's lock held, or before anybody
// else has the span.

// set sets attributes. A key that is there keeps its place.
func (s *recording) set(kvs ...attribute.KeyValue) {
	for i := range kvs {
		if !kvs[i].Valid() {
			s.DroppedAttributes++
			continue
		}
		kv := s.provider.limits.truncate(kvs[i])
		s.put(kv.Key, kv.Value)
	}
}

// tag sets an attribute. The key is within the limits.
func (s *recording) tag(key attribute.Key, value string) {
	s.put(key, attribute.StringValue(truncate(value, s.provider.limits.ValueBytes)))
}

// tagIf is tag unless the value is empty.
func (s *recording) tagIf(key attribute.Key, value string) {
	if value != "" {
		s.tag(key, value)
	}
}

// addTag is tag for a key that the span does not have yet.
func (s *recording) addTag(key attribute.Key, value string) {
	s.add(key, attribute.StringValue(truncate(value, s.provider.limits.ValueBytes)))
}

// put sets an attribute whose key and value are within the limits.
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
		Name:       truncate(name, s.provider.limits.ValueBytes),
		Time:       at,
		Attributes: s.copyAttributes(attrs),
	})
}

func (s *recording) addLink(l oteltrace.Link) {
	r := &s.Record
	if len(r.Links) >= s.provider.limits.Links {
		r.DroppedLinks++
		return
	}
	r.Links = append(r.Links, oteltrace.Link{SpanContext: l.SpanContext, Attributes: s.copyAttributes(l.Attributes)})
}

// copyAttributes returns a bounded copy of the attributes of an event or a link.
func (s *recording) copyAttributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	if len(attrs) == 0 {
		return nil
	}
	if limit := s.provider.limits.AttributesPerEvent; len(attrs) > limit {
		s.DroppedAttributes += len(attrs) - limit
		attrs = attrs[:limit]
	}
	bounded := make([]attribute.KeyValue, len(attrs))
	for i, kv := range attrs {
		bounded[i] = s.provider.limits.truncate(kv)
	}
	return bounded
}

// truncate bounds the key and the value of kv. A list that is too long becomes the
// beginning of its text.
func (l Limits) truncate(kv attribute.KeyValue) attribute.KeyValue {
	kv.Key = attribute.Key(truncate(string(kv.Key), l.ValueBytes))
	switch kv.Value.Type() {
	case attribute.BOOL, attribute.INT64, attribute.FLOAT64, attribute.EMPTY:
	case attribute.STRING:
		if text := kv.Value.AsString(); len(text) > l.ValueBytes {
			kv.Value = attribute.StringValue(truncate(text, l.ValueBytes))
		}
	default:
		if text := kv.Value.String(); len(text) > l.ValueBytes {
			kv.Value = attribute.StringValue(truncate(text, l.ValueBytes))
		}
	}
	return kv
}

// truncate returns the first n bytes of s, or up to three less so as not to cut a
// character in two.
func truncate(s string, n int) string {
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
