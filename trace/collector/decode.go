package collector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
)

// jsonSpan is a span as Zipkin's JSON v2 writes it.
type jsonSpan struct {
	TraceID     string           `json:"traceId"`
	ParentID    string           `json:"parentId,omitempty"`
	ID          string           `json:"id"`
	Kind        string           `json:"kind,omitempty"`
	Name        string           `json:"name,omitempty"`
	Timestamp   jsonNumber       `json:"timestamp,omitempty"`
	Duration    jsonNumber       `json:"duration,omitempty"`
	Local       *jsonEndpoint    `json:"localEndpoint,omitempty"`
	Remote      *jsonEndpoint    `json:"remoteEndpoint,omitempty"`
	Annotations []jsonAnnotation `json:"annotations,omitempty"`
	Tags        map[string]any   `json:"tags,omitempty"`
	Debug       bool             `json:"debug,omitempty"`
	Shared      bool             `json:"shared,omitempty"`
	Version1    json.RawMessage  `json:"binaryAnnotations,omitempty"`
}

type jsonEndpoint struct {
	ServiceName string     `json:"serviceName,omitempty"`
	IPv4        string     `json:"ipv4,omitempty"`
	IPv6        string     `json:"ipv6,omitempty"`
	Port        jsonNumber `json:"port,omitempty"`
}

type jsonAnnotation struct {
	Timestamp jsonNumber `json:"timestamp"`
	Value     *string    `json:"value"`
}

// jsonNumber is the text of a number, checked where its field is known.
// Senders exist that put numbers in quotes.
type jsonNumber string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *jsonNumber) UnmarshalJSON(b []byte) error {
	*n = ""
	if string(b) != "null" {
		*n = jsonNumber(bytes.Trim(b, `"`))
	}
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

func decodeJSON(body []byte) ([]*span, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	first, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", jsonProblem(err))
	}
	if first != json.Delim('[') {
		return nil, errors.New("the body is not a JSON list of spans: it must start with [")
	}
	var spans []*span
	for d.More() {
		var w jsonSpan
		if err := d.Decode(&w); err != nil {
			return nil, atSpan(len(spans), jsonProblem(err))
		}
		s, err := w.span()
		if err != nil {
			return nil, atSpan(len(spans), err)
		}
		spans = append(spans, s)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("after span %d: %w", len(spans), jsonProblem(err))
	}
	if d.More() {
		return nil, fmt.Errorf("there is more after the end of the list at byte %d", d.InputOffset())
	}
	return spans, nil
}

func jsonProblem(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not valid JSON at byte %d: %w", syntax.Offset, err)
	}
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		if typ.Field == "" {
			return fmt.Errorf("is a JSON %s, must be an object", typ.Value)
		}
		return fail(typ.Field, "a JSON %s is not possible here", typ.Value)
	}
	return err
}

func (w *jsonSpan) span() (*span, error) {
	var s span
	var err error
	if w.Version1 != nil {
		return nil, fail("binaryAnnotations", "belongs to Zipkin's format version 1; send version 2")
	}
	if s.trace, err = parseTraceID(w.TraceID); err != nil {
		return nil, &fieldError{"traceId", err}
	}
	if s.id, err = parseID(w.ID); err != nil {
		return nil, &fieldError{"id", err}
	}
	if s.id == 0 {
		return nil, fail("id", "is all zeros")
	}
	if w.ParentID != "" {
		if s.parent, err = parseID(w.ParentID); err != nil {
			return nil, &fieldError{"parentId", err}
		}
	}
	if s.kind, err = parseKind(w.Kind); err != nil {
		return nil, err
	}
	if s.timestamp, err = whole("timestamp", w.Timestamp); err != nil {
		return nil, err
	}
	if s.duration, err = whole("duration", w.Duration); err != nil {
		return nil, err
	}
	if s.local, err = w.Local.endpoint("localEndpoint"); err != nil {
		return nil, err
	}
	if s.remote, err = w.Remote.endpoint("remoteEndpoint"); err != nil {
		return nil, err
	}
	s.name, s.debug, s.shared = w.Name, w.Debug, w.Shared
	if s.annotations, err = annotations(w.Annotations); err != nil {
		return nil, err
	}
	s.tags, err = tags(w.Tags)
	return &s, err
}

func annotations(list []jsonAnnotation) ([]annotation, error) {
	out := make([]annotation, len(list))
	for i, a := range list {
		field := "annotations[" + strconv.Itoa(i) + "]"
		if a.Value == nil || a.Timestamp == "" {
			return nil, fail(field, "has no timestamp or no value")
		}
		t, err := whole(field+".timestamp", a.Timestamp)
		if err != nil {
			return nil, err
		}
		out[i] = annotation{t, *a.Value}
	}
	return out, nil
}

func tags(all map[string]any) ([]tag, error) {
	out := make([]tag, 0, len(all))
	for k, v := range all {
		switch v := v.(type) {
		case string:
			out = append(out, tag{k, v})
		case json.Number:
			out = append(out, tag{k, v.String()})
		default:
			return nil, fail("tags["+quote(k)+"]", "the value is not a string")
		}
	}
	return out, nil
}

func parseKind(s string) (kind, error) {
	i := slices.Index([]string{"", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"}, s)
	if i < 0 {
		return 0, fail("kind", "%s is not one of CLIENT, SERVER, PRODUCER, CONSUMER", quote(s))
	}
	return kind(i), nil
}

func whole(field string, n jsonNumber) (int64, error) {
	if n == "" {
		return 0, nil
	}
	if v, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return v, nil
	}
	v, err := strconv.ParseFloat(string(n), 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) >= 1<<63 {
		return 0, fail(field, "%s is not a whole number of 64 bits", quote(string(n)))
	}
	return int64(v), nil
}

func (w *jsonEndpoint) endpoint(field string) (*endpoint, error) {
	if w == nil {
		return nil, nil
	}
	port, err := whole(field+".port", w.Port)
	if err != nil {
		return nil, err
	}
	if port > math.MaxUint16 {
		return nil, fail(field+".port", "%d is over 65535", port)
	}
	e := &endpoint{service: w.ServiceName, port: uint16(max(port, 0))}
	for _, text := range []string{w.IPv4, w.IPv6} {
		// As in Zipkin, what is no address is left out, and each goes where
		// it belongs whatever its field is called.
		if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
			e.setIP(ip)
		}
	}
	return e, nil
}

func (e *endpoint) setIP(ip netip.Addr) {
	if ip = ip.Unmap(); ip.Is4() {
		e.ipv4 = ip
	} else {
		e.ipv6 = ip
	}
}
