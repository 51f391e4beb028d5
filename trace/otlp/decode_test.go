package otlp_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// The decoder below reads an ExportTraceServiceRequest into what OTLP/JSON says of it, so
// that it can be compared with what the OpenTelemetry Collector says of the same bytes. It
// refuses every field that it does not know, a length that is not in its shortest form, and
// text that is not UTF-8.

// form is how the value of a field is written, in protobuf and in JSON.
type form int

const (
	text    form = iota
	id           // bytes as hexadecimal digits
	data         // bytes as base64
	number       // varint as a JSON number
	decimal      // varint as a JSON text
	truth        // varint as a bool
	fixed        // fixed64 as a JSON text
	double       // fixed64 as a number
	word         // fixed32 as a number
	message
)

type field struct {
	name string
	form form
	of   func() schema // of a message
	list bool
}

type schema map[uint64]field

func (f form) wireType() uint64 {
	switch f {
	case number, decimal, truth:
		return 0
	case fixed, double:
		return 1
	case word:
		return 5
	default:
		return 2
	}
}

func request() schema {
	return schema{1: {"resourceSpans", message, resourceSpans, true}}
}

func resourceSpans() schema {
	return schema{1: {"resource", message, resource, false}, 2: {"scopeSpans", message, scopeSpans, true}, 3: {"schemaUrl", text, nil, false}}
}

func resource() schema { return schema{1: {"attributes", message, keyValue, true}} }

func scopeSpans() schema {
	return schema{1: {"scope", message, scope, false}, 2: {"spans", message, span, true}, 3: {"schemaUrl", text, nil, false}}
}

func scope() schema { return schema{1: {"name", text, nil, false}, 2: {"version", text, nil, false}} }

func span() schema {
	return schema{
		1: {"traceId", id, nil, false}, 2: {"spanId", id, nil, false}, 3: {"traceState", text, nil, false}, 4: {"parentSpanId", id, nil, false},
		5: {"name", text, nil, false}, 6: {"kind", number, nil, false}, 7: {"startTimeUnixNano", fixed, nil, false}, 8: {"endTimeUnixNano", fixed, nil, false},
		9: {"attributes", message, keyValue, true}, 10: {"droppedAttributesCount", number, nil, false}, 11: {"events", message, event, true},
		12: {"droppedEventsCount", number, nil, false}, 13: {"links", message, link, true}, 14: {"droppedLinksCount", number, nil, false},
		15: {"status", message, status, false}, 16: {"flags", word, nil, false},
	}
}

func event() schema {
	return schema{1: {"timeUnixNano", fixed, nil, false}, 2: {"name", text, nil, false}, 3: {"attributes", message, keyValue, true}}
}

func link() schema {
	return schema{1: {"traceId", id, nil, false}, 2: {"spanId", id, nil, false}, 3: {"traceState", text, nil, false}, 4: {"attributes", message, keyValue, true}, 6: {"flags", word, nil, false}}
}

func status() schema {
	return schema{2: {"message", text, nil, false}, 3: {"code", number, nil, false}}
}

func keyValue() schema {
	return schema{1: {"key", text, nil, false}, 2: {"value", message, value, false}}
}

func value() schema {
	return schema{1: {"stringValue", text, nil, false}, 2: {"boolValue", truth, nil, false}, 3: {"intValue", decimal, nil, false}, 4: {"doubleValue", double, nil, false},
		5: {"arrayValue", message, array, false}, 6: {"kvlistValue", message, keyValueList, false}, 7: {"bytesValue", data, nil, false}}
}

func array() schema { return schema{1: {"values", message, value, true}} }

func keyValueList() schema { return schema{1: {"values", message, keyValue, true}} }

// decode reads a message.
func decode(b []byte, s schema) (map[string]any, error) {
	out := map[string]any{}
	for len(b) > 0 {
		tag, err := uvarint(&b)
		if err != nil {
			return nil, err
		}
		f, ok := s[tag>>3]
		if !ok || tag&7 != f.form.wireType() {
			return nil, fmt.Errorf("field %d with wire type %d", tag>>3, tag&7)
		}
		v, err := f.decode(&b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		switch list, _ := out[f.name].([]any); {
		case f.list:
			out[f.name] = append(list, v)
		case out[f.name] != nil:
			return nil, fmt.Errorf("%s twice", f.name)
		default:
			out[f.name] = v
		}
	}
	return out, nil
}

func (f field) decode(b *[]byte) (any, error) {
	switch f.form.wireType() {
	case 0:
		n, err := uvarint(b)
		switch f.form {
		case truth:
			return n == 1, err
		case decimal:
			return strconv.FormatInt(int64(n), 10), err
		}
		return float64(n), err
	case 1:
		raw, err := take(b, 8)
		if err != nil {
			return nil, err
		}
		n := binary.LittleEndian.Uint64(raw)
		if f.form == double {
			d := math.Float64frombits(n)
			if math.IsNaN(d) || math.IsInf(d, 0) {
				return fmt.Sprint(d), nil // no JSON number
			}
			return d, nil
		}
		return strconv.FormatUint(n, 10), nil
	case 5:
		raw, err := take(b, 4)
		if err != nil {
			return nil, err
		}
		return float64(binary.LittleEndian.Uint32(raw)), nil
	}
	n, err := uvarint(b)
	if err != nil {
		return nil, err
	}
	raw, err := take(b, n)
	if err != nil {
		return nil, err
	}
	switch f.form {
	case id:
		return hex.EncodeToString(raw), nil
	case data:
		return base64.StdEncoding.EncodeToString(raw), nil
	case text:
		if !utf8.Valid(raw) {
			return nil, fmt.Errorf("%q is not UTF-8", raw)
		}
		return string(raw), nil
	}
	return decode(raw, f.of())
}

func take(b *[]byte, n uint64) ([]byte, error) {
	if n > uint64(len(*b)) {
		return nil, errors.New("it is cut")
	}
	raw := (*b)[:n]
	*b = (*b)[n:]
	return raw, nil
}

func uvarint(b *[]byte) (uint64, error) {
	v, n := binary.Uvarint(*b)
	if n <= 0 || n > 1 && (*b)[n-1] == 0 {
		return 0, fmt.Errorf("%x begins with no number in its shortest form", (*b)[:min(10, len(*b))])
	}
	*b = (*b)[n:]
	return v, nil
}

// Types for tests that look at single spans, read from the JSON.
type decoded struct {
	ResourceSpans []struct {
		Resource   struct{ Attributes []attr }
		ScopeSpans []struct {
			Scope     struct{ Name, Version string }
			Spans     []decodedSpan
			SchemaURL string `json:"schemaUrl"`
		}
	}
}

type decodedSpan struct {
	TraceID, SpanID, ParentSpanID, TraceState, Name string
	Kind                                            int
	StartTimeUnixNano, EndTimeUnixNano              string
	Attributes                                      []attr
	Events                                          []struct{ TimeUnixNano, Name string }
	Status                                          struct {
		Message string
		Code    int
	}
	Flags int
}

type attr struct {
	Key   string
	Value map[string]any
}

// attributes are the values by key; texts are themselves, and the rest is JSON. A key that
// occurs twice has the value "twice".
func attributes(all []attr) map[string]string {
	m := map[string]string{}
	for _, a := range all {
		v, _ := a.Value["stringValue"].(string)
		if _, isText := a.Value["stringValue"]; !isText {
			b, _ := json.Marshal(a.Value)
			v = string(b)
		}
		if _, twice := m[a.Key]; twice {
			v = "twice"
		}
		m[a.Key] = v
	}
	return m
}

func decodeAll(body []byte) (decoded, error) {
	var d decoded
	m, err := decode(body, request())
	if err != nil {
		return d, err
	}
	b, err := json.Marshal(m)
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(b, &d)
}

// spans are all spans of a request.
func (d decoded) spans() (all []decodedSpan) {
	for _, rs := range d.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			all = append(all, ss.Spans...)
		}
	}
	return all
}
