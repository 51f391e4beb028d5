package zipkin

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// Field types of TBinaryProtocol, and those of a BinaryAnnotation.
const (
	thriftStop   = 0
	thriftBool   = 2
	thriftI16    = 6
	thriftI32    = 8
	thriftI64    = 10
	thriftString = 11
	thriftStruct = 12
	thriftList   = 15

	annotationBool   = 0
	annotationString = 6
)

// Fields of Span in zipkinCore.thrift (openzipkin/zipkin-api).
const (
	spanTraceID           = 1
	spanName              = 3
	spanID                = 4
	spanParentID          = 5
	spanAnnotations       = 6
	spanBinaryAnnotations = 8
	spanDebug             = 9
	spanTimestamp         = 10
	spanDuration          = 11
	spanTraceIDHigh       = 12
)

// role is how a kind of span is written: the annotations at its start and end,
// and the binary annotation of its peer's address.
type role struct{ start, end, address string }

func roleOf(k oteltrace.SpanKind) role {
	switch k {
	case oteltrace.SpanKindServer:
		return role{"sr", "ss", "ca"}
	case oteltrace.SpanKindClient:
		return role{"cs", "cr", "sa"}
	case oteltrace.SpanKindProducer:
		return role{"ms", "", "ma"}
	case oteltrace.SpanKindConsumer:
		return role{"mr", "", "ma"}
	default:
		return role{"", "", "sa"}
	}
}

// appendThrift appends r as a span of Zipkin's version 1 model, in
// TBinaryProtocol: the model and the form that come by Scribe. Zipkin drops tags
// that are no strings, and takes a server span without a duration for one whose
// id its client has too.
func appendThrift(dst []byte, r *trace.Record) []byte {
	to := thriftWriter{r: r, role: roleOf(r.Kind)}
	dst = i64Field(dst, spanTraceID, binary.BigEndian.Uint64(r.Trace[8:]))
	dst = textField(dst, spanName, r.Name)
	dst = i64Field(dst, spanID, binary.BigEndian.Uint64(r.Span[:]))
	if r.Parent.IsValid() {
		dst = i64Field(dst, spanParentID, binary.BigEndian.Uint64(r.Parent[:]))
	}
	dst = to.annotations(dst)
	dst = to.binaryAnnotations(dst)
	debug := byte(0)
	if r.Debug() {
		debug = 1
	}
	dst = append(dst, thriftBool, 0, spanDebug, debug)
	if ts := micros(r.Start); ts > 0 {
		dst = i64Field(dst, spanTimestamp, uint64(ts))
	}
	dst = i64Field(dst, spanDuration, uint64(duration(r)))
	if high := binary.BigEndian.Uint64(r.Trace[:8]); high != 0 {
		dst = i64Field(dst, spanTraceIDHigh, high)
	}
	return append(dst, thriftStop)
}

// thriftWriter writes the lists of a span.
type thriftWriter struct {
	r      *trace.Record
	role   role
	ws, wr bool // there has been one
}

func (w *thriftWriter) annotations(dst []byte) []byte {
	dst, at := openList(dst, spanAnnotations)
	count := len(w.r.Events)
	start := micros(w.r.Start)
	if w.role.start != "" {
		dst = w.host(annotation(dst, start, w.role.start), 3)
		count++
	}
	for i := range w.r.Events {
		e := &w.r.Events[i]
		ts := micros(e.Time)
		if ts == 0 {
			ts = max(1, start)
		}
		name := e.Name
		if len(e.Attributes) > 0 {
			name += ": " + attributesText(e.Attributes)
		}
		dst = annotation(dst, ts, name)
		if w.ordinary(name) {
			dst = w.host(dst, 3)
		} else {
			dst = append(dst, thriftStop)
		}
	}
	if w.role.end != "" {
		dst = w.host(annotation(dst, start+duration(w.r), w.role.end), 3)
		count++
	}
	return closeList(dst, at, count)
}

// ordinary says whether an event may have an endpoint. Zipkin reads a meaning
// into some names, but not without one: it would take an event cs for the start
// of a client span, and keep only one ws and one wr.
func (w *thriftWriter) ordinary(name string) bool {
	switch name {
	case "cs", "cr", "sr", "ss", "ms", "mr":
		return false
	case "ws", "wr":
		seen := &w.ws
		if name == "wr" {
			seen = &w.wr
		}
		first := !*seen && w.role.end != ""
		*seen = true
		return first
	}
	return true
}

// annotation appends an Annotation that is not ended yet.
func annotation(dst []byte, at int64, value string) []byte {
	return textField(i64Field(dst, 1, uint64(at)), 2, value)
}

func (w *thriftWriter) binaryAnnotations(dst []byte) []byte {
	dst, at := openList(dst, spanBinaryAnnotations)
	count := len(w.r.Attributes)
	hasError := false
	for i := range w.r.Attributes {
		kv := &w.r.Attributes[i]
		hasError = hasError || kv.Key == errorTag
		dst = textField(dst, 1, string(kv.Key))
		dst = append(dst, thriftString, 0, 2)
		value := len(dst)
		dst = appendText(append(dst, 0, 0, 0, 0), &kv.Value)
		binary.BigEndian.PutUint32(dst[value:], uint32(len(dst)-value-4))
		dst = w.host(i32Field(dst, 3, annotationString), 4)
	}
	tag := func(key, value string) {
		dst = textField(textField(dst, 1, key), 2, value)
		dst = w.host(i32Field(dst, 3, annotationString), 4)
		count++
	}
	switch w.r.Status {
	case codes.Ok:
		tag(statusTag, "OK")
	case codes.Error:
		tag(statusTag, "ERROR")
		if !hasError {
			tag(errorTag, w.r.StatusText)
		}
	}
	if w.r.Scope != "" {
		tag(scopeNameTag, w.r.Scope)
		if w.r.ScopeVersion != "" {
			tag(scopeVersionTag, w.r.ScopeVersion)
		}
	}
	for _, dropped := range [...]struct {
		what string
		n    int
	}{{"attributes_count", w.r.DroppedAttributes}, {"events_count", w.r.DroppedEvents}, {"links_count", w.r.DroppedLinks}} {
		if dropped.n > 0 {
			tag(droppedPrefix+dropped.what, strconv.Itoa(dropped.n))
		}
	}
	if w.role.start == "" {
		tag(localComponent, "") // says where the span was made, and is no tag
	}
	if service, peer := remote(w.r); service != "" || peer.IsValid() {
		dst = append(textField(dst, 1, w.role.address), thriftString, 0, 2, 0, 0, 0, 1, 1)
		dst = append(thriftEndpoint(i32Field(dst, 3, annotationBool), 4, service, peer), thriftStop)
		count++
	}
	return closeList(dst, at, count)
}

// localComponent is the key of a binary annotation that is there for its
// endpoint.
const localComponent = "lc"

// host ends a struct with the span's own endpoint.
func (w *thriftWriter) host(dst []byte, field byte) []byte {
	return append(thriftEndpoint(dst, field, w.r.Service, w.r.Local), thriftStop)
}

func thriftEndpoint(dst []byte, field byte, service string, addr netip.AddrPort) []byte {
	dst = append(dst, thriftStruct, 0, field)
	ip := addr.Addr().Unmap().WithZone("")
	var v4 [4]byte
	if ip.Is4() {
		v4 = ip.As4()
	}
	dst = i32Field(dst, 1, binary.BigEndian.Uint32(v4[:]))
	dst = binary.BigEndian.AppendUint16(append(dst, thriftI16, 0, 2), addr.Port())
	dst = textField(dst, 3, service)
	if ip.Is6() {
		v6 := ip.As16()
		dst = append(dst, thriftString, 0, 4, 0, 0, 0, 16)
		dst = append(dst, v6[:]...)
	}
	return append(dst, thriftStop)
}

func i64Field(dst []byte, field byte, v uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, thriftI64, 0, field), v)
}

func i32Field(dst []byte, field byte, v uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, thriftI32, 0, field), v)
}

func textField(dst []byte, field byte, text string) []byte {
	dst = slices.Grow(dst, len(text)+7)
	dst = binary.BigEndian.AppendUint32(append(dst, thriftString, 0, field), uint32(len(text)))
	return append(dst, text...)
}

// openList begins a list of structs whose number is not known yet.
func openList(dst []byte, field byte) ([]byte, int) {
	dst = append(dst, thriftList, 0, field, thriftStruct, 0, 0, 0, 0)
	return dst, len(dst) - 4
}

func closeList(dst []byte, at, count int) []byte {
	binary.BigEndian.PutUint32(dst[at:], uint32(count))
	return dst
}

// appendText appends a value as the text of a tag.
func appendText(dst []byte, v *attribute.Value) []byte {
	if v.Type() == attribute.STRING {
		return append(dst, v.AsString()...)
	}
	if n, ok := whole(v); ok {
		return strconv.AppendInt(dst, n, 10)
	}
	return append(dst, v.String()...)
}
