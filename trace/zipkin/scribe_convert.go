package zipkin

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/sink"
)

var errOwnForm = errors.New("zipkin: scribe: a span is not in the form that appendEntry gives it")

// jsonOfEntries appends spans that appendEntry wrote as a list in JSON, version 2:
// exactly what appendSpan writes for their records.
func jsonOfEntries(dst []byte, parts []*sink.Part) ([]byte, error) {
	dst = append(dst, '[')
	first := len(dst)
	var span []byte
	for _, c := range parts {
		in := thriftReader{b: c.Buf}
		for len(in.b) > 0 {
			head := in.take(len(entryHead))
			message := in.text()
			if end := in.u8(); in.bad || string(head) != entryHead || end != thriftStop {
				return nil, errOwnForm
			}
			var err error
			if span, err = base64.StdEncoding.AppendDecode(span[:0], message); err != nil {
				return nil, fmt.Errorf("%w: %w", errOwnForm, err)
			}
			record := thriftReader{b: span}
			r := record.span()
			if record.bad || len(record.b) > 0 {
				return nil, errOwnForm
			}
			dst = appendSpan(comma(dst, first), r)
		}
	}
	return append(dst, ']'), nil
}

// thriftReader reads what appendThrift wrote; bad says that it is something else.
type thriftReader struct {
	b   []byte
	bad bool
}

func (t *thriftReader) take(n int) []byte {
	if n < 0 || n > len(t.b) {
		t.bad, t.b = true, nil
		return nil
	}
	b := t.b[:n]
	t.b = t.b[n:]
	return b
}

func (t *thriftReader) u8() byte {
	if b := t.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (t *thriftReader) u16() uint16 {
	if b := t.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (t *thriftReader) u32() uint32 {
	if b := t.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (t *thriftReader) i64() int64 {
	if b := t.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (t *thriftReader) text() []byte { return t.take(int(t.u32())) }

// fields calls one for each field of a struct; it has to read the field.
func (t *thriftReader) fields(one func(kind byte, number uint16)) {
	for !t.bad {
		kind := t.u8()
		if kind == thriftStop {
			return
		}
		one(kind, t.u16())
	}
}

// list calls one for each struct of a list; it has to read the struct.
func (t *thriftReader) list(one func()) {
	t.bad = t.u8() != thriftStruct || t.bad
	for n := t.u32(); n > 0 && !t.bad; n-- {
		one()
	}
}

func (t *thriftReader) span() *trace.Record {
	r := new(trace.Record)
	var took int64
	t.fields(func(_ byte, number uint16) {
		switch number {
		case spanTraceID:
			copy(r.Trace[8:], t.take(8))
		case spanTraceIDHigh:
			copy(r.Trace[:8], t.take(8))
		case spanID:
			copy(r.Span[:], t.take(8))
		case spanParentID:
			copy(r.Parent[:], t.take(8))
		case spanName:
			r.Name = string(t.text())
		case spanAnnotations:
			t.list(func() { t.annotation(r) })
		case spanBinaryAnnotations:
			t.list(func() { t.binaryAnnotation(r) })
		case spanDebug:
			if t.u8() != 0 {
				r.Flags |= ctxhdr.FlagDebug
			}
		case spanTimestamp:
			r.Start = time.UnixMicro(t.i64())
		case spanDuration:
			took = t.i64()
		default:
			t.bad = true
		}
	})
	r.End = r.Start.Add(time.Duration(took) * time.Microsecond)
	return r
}

func (t *thriftReader) annotation(r *trace.Record) {
	var e trace.Event
	var at endpoint
	t.fields(func(_ byte, number uint16) {
		switch number {
		case 1:
			e.Time = time.UnixMicro(t.i64())
		case 2:
			e.Name = string(t.text())
		case 3:
			at = t.endpoint()
		default:
			t.bad = true
		}
	})
	if at.known {
		r.Service, r.Local = at.service, at.addr
		switch e.Name {
		case "sr":
			r.Kind = oteltrace.SpanKindServer
			return
		case "cs":
			r.Kind = oteltrace.SpanKindClient
			return
		case "ms":
			r.Kind = oteltrace.SpanKindProducer
			return
		case "mr":
			r.Kind = oteltrace.SpanKindConsumer
			return
		case "ss", "cr":
			return
		}
	}
	r.Events = append(r.Events, e)
}

func (t *thriftReader) binaryAnnotation(r *trace.Record) {
	var key, value string
	var kind uint32
	var at endpoint
	t.fields(func(_ byte, number uint16) {
		switch number {
		case 1:
			key = string(t.text())
		case 2:
			value = string(t.text())
		case 3:
			kind = t.u32()
		case 4:
			at = t.endpoint()
		default:
			t.bad = true
		}
	})
	if kind == annotationBool {
		// The name of the peer is a tag too.
		r.Peer = at.addr
		return
	}
	r.Service, r.Local = at.service, at.addr
	if key != localComponent || value != "" {
		r.Attributes = append(r.Attributes, attribute.String(key, value))
	}
}

type endpoint struct {
	service string
	addr    netip.AddrPort
	known   bool
}

func (t *thriftReader) endpoint() endpoint {
	e := endpoint{known: true}
	var ip netip.Addr
	var port uint16
	t.fields(func(_ byte, number uint16) {
		switch number {
		case 1:
			if v4 := t.u32(); v4 != 0 {
				ip = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, v4)))
			}
		case 2:
			port = t.u16()
		case 3:
			e.service = string(t.text())
		case 4:
			v6, ok := netip.AddrFromSlice(t.text())
			ip, t.bad = v6, t.bad || !ok
		default:
			t.bad = true
		}
	})
	if ip.IsValid() {
		e.addr = netip.AddrPortFrom(ip, port)
	}
	return e
}
