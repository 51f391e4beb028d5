package collector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"

	"github.com/openzipkin/zipkin-go/proto/zipkin_proto3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// decodeProto reads Zipkin's ListOfSpans one span at a time: a hostile list of
// empty messages is then refused at the first one instead of becoming millions
// of structs.
func decodeProto(body []byte) ([]*span, error) {
	var spans []*span
	for rest := body; len(rest) > 0; {
		num, typ, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, fmt.Errorf("the body is not a protobuf list of spans: after span %d: %w", len(spans), protowire.ParseError(n))
		}
		rest = rest[n:]
		if num != 1 || typ != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(num, typ, rest); n < 0 {
				return nil, fmt.Errorf("the body is not a protobuf list of spans: after span %d: %w", len(spans), protowire.ParseError(n))
			}
			rest = rest[n:]
			continue
		}
		raw, n := protowire.ConsumeBytes(rest)
		if n < 0 {
			return nil, atSpan(len(spans), protowire.ParseError(n))
		}
		rest = rest[n:]
		var w zipkin_proto3.Span
		if err := proto.Unmarshal(raw, &w); err != nil {
			return nil, atSpan(len(spans), err)
		}
		s, err := protoSpan(&w)
		if err != nil {
			return nil, atSpan(len(spans), err)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

func protoSpan(w *zipkin_proto3.Span) (*span, error) {
	s := span{
		name:      w.Name,
		timestamp: micros(w.Timestamp),
		duration:  micros(w.Duration),
		debug:     w.Debug,
		shared:    w.Shared,
	}
	switch b := w.TraceId; len(b) {
	case 8:
		s.trace.low = binary.BigEndian.Uint64(b)
	case 16:
		s.trace = traceID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
	default:
		return nil, fail("trace_id", "has %d bytes, must have 8 or 16", len(b))
	}
	if s.trace == (traceID{}) {
		return nil, fail("trace_id", "is all zeros")
	}
	if len(w.Id) != 8 {
		return nil, fail("id", "has %d bytes, must have 8", len(w.Id))
	}
	if s.id = binary.BigEndian.Uint64(w.Id); s.id == 0 {
		return nil, fail("id", "is all zeros")
	}
	switch len(w.ParentId) {
	case 0:
	case 8:
		s.parent = binary.BigEndian.Uint64(w.ParentId)
	default:
		return nil, fail("parent_id", "has %d bytes, must have 8 or none", len(w.ParentId))
	}
	if w.Kind < 0 || w.Kind > zipkin_proto3.Span_CONSUMER {
		return nil, fail("kind", "%d is not known", w.Kind)
	}
	s.kind = kind(w.Kind)
	var err error
	if s.local, err = protoEndpoint(w.LocalEndpoint); err != nil {
		return nil, &fieldError{"local_endpoint", err}
	}
	if s.remote, err = protoEndpoint(w.RemoteEndpoint); err != nil {
		return nil, &fieldError{"remote_endpoint", err}
	}
	for _, a := range w.Annotations {
		s.annotations = append(s.annotations, annotation{micros(a.Timestamp), a.Value})
	}
	for k, v := range w.Tags {
		s.tags = append(s.tags, tag{k, v})
	}
	return &s, nil
}

func protoEndpoint(w *zipkin_proto3.Endpoint) (*endpoint, error) {
	if w == nil {
		return nil, nil
	}
	if w.Port > math.MaxUint16 {
		return nil, fmt.Errorf("port %d is over 65535", w.Port)
	}
	e := &endpoint{service: w.ServiceName, port: uint16(max(w.Port, 0))}
	for _, b := range [][]byte{w.Ipv4, w.Ipv6} {
		if ip, ok := netip.AddrFromSlice(b); ok {
			e.setIP(ip)
		} else if len(b) > 0 {
			return nil, errors.New("an address must have 4 or 16 bytes")
		}
	}
	return e, nil
}

// micros: what does not fit is as good as unknown.
func micros(v uint64) int64 {
	if v > math.MaxInt64 {
		return 0
	}
	return int64(v)
}
