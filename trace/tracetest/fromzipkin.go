package tracetest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

type zipkinSpan struct {
	TraceID        string             `json:"traceId"`
	ID             string             `json:"id"`
	ParentID       string             `json:"parentId"`
	Kind           string             `json:"kind"`
	Name           string             `json:"name"`
	Timestamp      int64              `json:"timestamp"`
	Duration       int64              `json:"duration"`
	LocalEndpoint  zipkinEndpoint     `json:"localEndpoint"`
	RemoteEndpoint zipkinEndpoint     `json:"remoteEndpoint"`
	Annotations    []zipkinAnnotation `json:"annotations"`
	Tags           map[string]string  `json:"tags"`
	Debug          bool               `json:"debug"`
}

type zipkinEndpoint struct {
	ServiceName string     `json:"serviceName"`
	IPv4        netip.Addr `json:"ipv4"`
	IPv6        netip.Addr `json:"ipv6"`
	Port        uint16     `json:"port"`
}

type zipkinAnnotation struct {
	Timestamp int64  `json:"timestamp"`
	Value     string `json:"value"`
}

// FromZipkin reads spans in Zipkin's version 2 JSON: a list of spans, as
// /api/v2/trace/{id} answers and POST takes, or a list of such lists, as
// /api/v2/traces answers. Attributes come in the order of their keys, as
// strings.
func FromZipkin(data []byte) ([]*trace.Record, error) {
	var lists [][]zipkinSpan
	if err := json.Unmarshal(data, &lists); err != nil {
		var spans []zipkinSpan
		if err := json.Unmarshal(data, &spans); err != nil {
			return nil, fmt.Errorf("tracetest: zipkin: %w", err)
		}
		lists = [][]zipkinSpan{spans}
	}
	var records []*trace.Record
	for _, s := range slices.Concat(lists...) {
		r, err := s.record()
		if err != nil {
			return nil, fmt.Errorf("tracetest: zipkin: span %q of trace %q: %w", s.ID, s.TraceID, err)
		}
		records = append(records, r)
	}
	return records, nil
}

func (s zipkinSpan) record() (*trace.Record, error) {
	r := &trace.Record{
		Name:    s.Name,
		Service: s.LocalEndpoint.ServiceName,
		Start:   time.UnixMicro(s.Timestamp),
		End:     time.UnixMicro(s.Timestamp + s.Duration),
		Local:   s.LocalEndpoint.addr(),
		Peer:    s.RemoteEndpoint.addr(),
	}
	r.Sampling = trace.Keep
	if s.Debug {
		r.Flags = 1
	}
	r.Wide = len(s.TraceID) > 16
	for _, f := range []struct {
		dst  []byte
		text string
	}{{r.Trace[:], s.TraceID}, {r.Span[:], s.ID}, {r.Parent[:], s.ParentID}} {
		if err := unhex(f.dst, f.text); err != nil {
			return nil, err
		}
	}
	for k := oteltrace.SpanKindServer; k <= oteltrace.SpanKindConsumer; k++ {
		if strings.EqualFold(k.String(), s.Kind) {
			r.Kind = k
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		r.Attributes = append(r.Attributes, attribute.String(key, s.Tags[key]))
	}
	for _, a := range s.Annotations {
		r.Events = append(r.Events, trace.Event{Name: a.Value, Time: time.UnixMicro(a.Timestamp)})
	}
	slices.SortStableFunc(r.Events, func(a, b trace.Event) int { return a.Time.Compare(b.Time) })
	return r, nil
}

func (e zipkinEndpoint) addr() netip.AddrPort {
	if e.IPv4.IsValid() {
		return netip.AddrPortFrom(e.IPv4, e.Port)
	}
	return netip.AddrPortFrom(e.IPv6, e.Port)
}

// unhex fills dst from the right.
func unhex(dst []byte, text string) error {
	if len(text) > 2*len(dst) {
		return fmt.Errorf("id %q is too long", text)
	}
	b, err := hex.DecodeString(strings.Repeat("0", 2*len(dst)-len(text)) + text)
	if err != nil {
		return fmt.Errorf("id %q: %w", text, err)
	}
	copy(dst, b)
	return nil
}
