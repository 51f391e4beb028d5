package zipkin

import (
	"encoding/hex"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// Tags of OpenTelemetry's mapping to Zipkin.
const (
	statusTag       = "otel.status_code"
	errorTag        = "error"
	scopeNameTag    = "otel.scope.name"
	scopeVersionTag = "otel.scope.version"
	droppedPrefix   = "otel.dropped_"
	peerServiceKey  = "peer.service"
	peerAddressKey  = "network.peer.address"
	peerPortKey     = "network.peer.port"
)

// appendSpan appends r as one JSON object of Zipkin's version 2 model
// (openzipkin/zipkin-api, zipkin2-api.yaml). It allocates nothing but what dst
// needs to grow, unless r has lists for attribute values.
func appendSpan(dst []byte, r *trace.Record) []byte {
	dst = append(dst, `{"traceId":"`...)
	id := r.Trace[:]
	if [8]byte(id[:8]) == [8]byte{} {
		id = id[8:]
	}
	dst = hex.AppendEncode(dst, id)
	dst = append(dst, `","id":"`...)
	dst = hex.AppendEncode(dst, r.Span[:])
	if r.Parent.IsValid() {
		dst = append(dst, `","parentId":"`...)
		dst = hex.AppendEncode(dst, r.Parent[:])
	}
	dst = append(dst, '"')
	if k := kind(r.Kind); k != "" {
		dst = append(dst, `,"kind":"`...)
		dst = append(dst, k...)
		dst = append(dst, '"')
	}
	if r.Name != "" {
		dst = append(dst, `,"name":`...)
		dst = appendString(dst, r.Name)
	}
	if ts := micros(r.Start); ts > 0 {
		dst = append(dst, `,"timestamp":`...)
		dst = strconv.AppendInt(dst, ts, 10)
	}
	dst = append(dst, `,"duration":`...)
	dst = strconv.AppendInt(dst, duration(r), 10)
	dst = appendEndpoint(dst, `,"localEndpoint":{`, r.Service, r.Local)
	dst = appendRemote(dst, r)
	dst = appendAnnotations(dst, r)
	dst = appendTags(dst, r)
	if r.Debug() {
		dst = append(dst, `,"debug":true`...)
	}
	return append(dst, '}')
}

func kind(k oteltrace.SpanKind) string {
	switch k {
	case oteltrace.SpanKindServer:
		return "SERVER"
	case oteltrace.SpanKindClient:
		return "CLIENT"
	case oteltrace.SpanKindProducer:
		return "PRODUCER"
	case oteltrace.SpanKindConsumer:
		return "CONSUMER"
	default:
		return ""
	}
}

// duration rounds to the nearest microsecond, and is at least one.
func duration(r *trace.Record) int64 {
	return max(1, int64((r.End.Sub(r.Start)+500)/time.Microsecond))
}

// micros rounds to the nearest microsecond; 0 stands for no time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(0, t.Unix()*1e6+int64(t.Nanosecond()+500)/1000)
}

// appendEndpoint appends an endpoint with what is known of it, or nothing.
func appendEndpoint(dst []byte, open, service string, addr netip.AddrPort) []byte {
	if service == "" && !addr.IsValid() {
		return dst
	}
	dst = append(dst, open...)
	first := len(dst)
	if service != "" {
		dst = append(dst, `"serviceName":`...)
		dst = appendString(dst, service)
	}
	if addr.IsValid() {
		ip := addr.Addr().Unmap().WithZone("")
		name := `"ipv6":"`
		if ip.Is4() {
			name = `"ipv4":"`
		}
		dst = comma(dst, first)
		dst = append(dst, name...)
		dst = ip.AppendTo(dst)
		dst = append(dst, '"')
		if addr.Port() != 0 {
			dst = append(dst, `,"port":`...)
			dst = strconv.AppendUint(dst, uint64(addr.Port()), 10)
		}
	}
	return append(dst, '}')
}

func appendRemote(dst []byte, r *trace.Record) []byte {
	service, peer := remote(r)
	return appendEndpoint(dst, `,"remoteEndpoint":{`, service, peer)
}

// remote is the other end. It prefers the connection's address to what
// attributes say.
func remote(r *trace.Record) (service string, peer netip.AddrPort) {
	var address string
	var port int64
	for i := range r.Attributes {
		kv := &r.Attributes[i]
		switch kv.Key {
		case peerServiceKey:
			service = kv.Value.AsString()
		case peerAddressKey:
			address = kv.Value.AsString()
		case peerPortKey:
			port = kv.Value.AsInt64()
		}
	}
	peer = r.Peer
	if !peer.IsValid() && address != "" {
		if ip, err := netip.ParseAddr(address); err == nil {
			peer = netip.AddrPortFrom(ip, uint16(port))
		}
	}
	return service, peer
}

func appendAnnotations(dst []byte, r *trace.Record) []byte {
	if len(r.Events) == 0 {
		return dst
	}
	dst = append(dst, `,"annotations":[`...)
	first := len(dst)
	for i := range r.Events {
		e := &r.Events[i]
		at := micros(e.Time)
		if at == 0 {
			at = max(1, micros(r.Start))
		}
		dst = comma(dst, first)
		dst = append(dst, `{"timestamp":`...)
		dst = strconv.AppendInt(dst, at, 10)
		dst = append(dst, `,"value":`...)
		if len(e.Attributes) == 0 {
			dst = appendString(dst, e.Name)
		} else {
			dst = appendString(dst, e.Name+": "+attributesText(e.Attributes))
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendTags(dst []byte, r *trace.Record) []byte {
	const open = `,"tags":{`
	start := len(dst)
	dst = append(dst, open...)
	first := len(dst)
	hasError := false
	for i := range r.Attributes {
		kv := &r.Attributes[i]
		hasError = hasError || kv.Key == errorTag
		if kv.Value.Type() == attribute.STRING {
			dst = appendTag(dst, first, string(kv.Key), kv.Value.AsString())
			continue
		}
		dst = appendKey(dst, first, string(kv.Key))
		dst = appendValue(dst, &kv.Value)
	}
	switch r.Status {
	case codes.Ok:
		dst = appendTag(dst, first, statusTag, "OK")
	case codes.Error:
		dst = appendTag(dst, first, statusTag, "ERROR")
		if !hasError {
			dst = appendTag(dst, first, errorTag, r.StatusText)
		}
	}
	if r.Scope != "" {
		dst = appendTag(dst, first, scopeNameTag, r.Scope)
		if r.ScopeVersion != "" {
			dst = appendTag(dst, first, scopeVersionTag, r.ScopeVersion)
		}
	}
	dst = appendCount(dst, first, "attributes_count", r.DroppedAttributes)
	dst = appendCount(dst, first, "events_count", r.DroppedEvents)
	dst = appendCount(dst, first, "links_count", r.DroppedLinks)
	if len(dst) == first {
		return dst[:start]
	}
	return append(dst, '}')
}

// appendTag appends "key":"value", with a comma before it unless it is the
// first.
func appendTag(dst []byte, first int, key, value string) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(key)+len(value)+len(`,"":""`))
	to := dst[n : n+len(key)+len(value)+len(`,"":""`)]
	if n > first {
		to[0] = ','
		to = to[1:]
		n++
	}
	to[0] = '"'
	if !copyPlain(to[1:], key) {
		return appendString(append(appendString(dst[:n], key), ':'), value)
	}
	to = to[1+len(key):]
	to[0], to[1], to[2] = '"', ':', '"'
	if !copyPlain(to[3:], value) {
		return appendString(dst[:n+len(key)+len(`"":`)], value)
	}
	to[3+len(value)] = '"'
	return dst[:n+len(key)+len(value)+len(`"":""`)]
}

func appendCount(dst []byte, first int, what string, n int) []byte {
	if n == 0 {
		return dst
	}
	dst = comma(dst, first)
	dst = append(dst, '"')
	dst = append(dst, droppedPrefix...)
	dst = append(dst, what...)
	dst = append(dst, `":"`...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '"')
}

func appendKey(dst []byte, first int, key string) []byte {
	return append(appendString(comma(dst, first), key), ':')
}

// appendValue appends a value that is no string as a JSON string.
func appendValue(dst []byte, v *attribute.Value) []byte {
	if n, ok := whole(v); ok {
		return appendQuoted(dst, n)
	}
	if v.Type() == attribute.BOOL {
		dst = append(dst, '"')
		dst = strconv.AppendBool(dst, v.AsBool())
		return append(dst, '"')
	}
	return appendString(dst, v.String())
}

// whole is the number that a value is written as, if that has digits only.
func whole(v *attribute.Value) (int64, bool) {
	switch v.Type() {
	case attribute.INT64:
		return v.AsInt64(), true
	case attribute.FLOAT64:
		// As l5d.success mostly is. From a million on there is an exponent.
		f := v.AsFloat64()
		return int64(f), f > 0 && f < 1e6 && f == math.Trunc(f)
	default:
		return 0, false
	}
}

func appendQuoted(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, '"'), n, 10), '"')
}

// comma appends a comma unless nothing has been appended since first.
func comma(dst []byte, first int) []byte {
	if len(dst) > first {
		return append(dst, ',')
	}
	return dst
}
