package collector

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
)

// Fields of Span in zipkinCore.thrift (openzipkin/zipkin-api), by number.
const (
	v1TraceID           = 1
	v1Name              = 3
	v1ID                = 4
	v1ParentID          = 5
	v1Annotations       = 6
	v1BinaryAnnotations = 8
	v1Debug             = 9
	v1Timestamp         = 10
	v1Duration          = 11
	v1TraceIDHigh       = 12
)

// v1Span collects what a span of Zipkin's version 1 has in annotations and version 2 has in
// fields. The rules are those of Zipkin's V1SpanConverter with two exceptions: a server span
// without a duration does not count as one that shares the id of its client, and tags that
// are numbers or booleans are kept.
type v1Span struct {
	cs, cr, sr, ss, ms, mr moment
	ca, sa, ma             host
	local                  host // of whatever names one first
}

// moment is an annotation with the time of a step of the request.
type moment struct {
	at   int64
	host host
}

type host struct {
	endpoint
	known bool
}

// or returns the first known one of h and others, or the last if none is.
func (h host) or(others ...host) host {
	for _, o := range others {
		if h.known {
			break
		}
		h = o
	}
	return h
}

// core returns where a core annotation with this value is stored, or nil for an ordinary
// one.
func (v *v1Span) core(value []byte) *moment {
	switch string(value) {
	case "cs":
		return &v.cs
	case "cr":
		return &v.cr
	case "sr":
		return &v.sr
	case "ss":
		return &v.ss
	case "ms":
		return &v.ms
	case "mr":
		return &v.mr
	}
	return nil
}

// read reads a span into v and the draft.
func (v *v1Span) read(t *thriftReader, d *draft) error {
	*v = v1Span{}
	d.reset()
	s := &d.s
	err := t.fields(func(kind, number int) (err error) {
		n := uint64(0)
		switch {
		case number == v1TraceID && kind == thriftI64:
			s.trace.low, err = t.number(8)
		case number == v1TraceIDHigh && kind == thriftI64:
			s.trace.high, err = t.number(8)
		case number == v1ID && kind == thriftI64:
			s.id, err = t.number(8)
		case number == v1ParentID && kind == thriftI64:
			s.parent, err = t.number(8)
		case number == v1Timestamp && kind == thriftI64:
			n, err = t.number(8)
			s.timestamp = micros(n)
		case number == v1Duration && kind == thriftI64:
			n, err = t.number(8)
			s.duration = micros(n)
		case number == v1Debug && kind == thriftBool:
			n, err = t.number(1)
			s.debug = n != 0
		case number == v1Name && kind == thriftString:
			if err = t.bytes(); err == nil {
				s.name = d.text(t.text)
			}
		case number == v1Annotations && kind == thriftList:
			err = inField("annotations", t.structs(func() error { return v.annotation(t, d) }))
		case number == v1BinaryAnnotations && kind == thriftList:
			err = inField("binary_annotations", t.structs(func() error { return v.binaryAnnotation(t, d) }))
		default:
			err = t.pass(kind, 0)
		}
		return err
	})
	if err != nil {
		return err
	}
	return protoIdentity(s)
}

func (v *v1Span) annotation(t *thriftReader, d *draft) error {
	var at uint64
	var value string
	var core *moment
	var h host
	err := t.fields(func(kind, number int) (err error) {
		switch {
		case number == 1 && kind == thriftI64:
			at, err = t.number(8)
		case number == 2 && kind == thriftString:
			if err = t.bytes(); err == nil {
				core, value = v.core(t.text), d.text(t.text)
			}
		case number == 3 && kind == thriftStruct:
			h, err = readHost(t, d)
		default:
			err = t.pass(kind, 0)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.local = v.local.or(h)
	if core != nil && h.known {
		*core = moment{micros(at), h}
		return nil
	}
	d.addAnnotation(micros(at), value)
	return nil
}

// Types of a BinaryAnnotation's value.
const (
	v1Bool   = 0
	v1I16    = 2
	v1I32    = 3
	v1I64    = 4
	v1Double = 5
	v1String = 6
)

func (v *v1Span) binaryAnnotation(t *thriftReader, d *draft) error {
	var key, text string
	var raw [8]byte
	var length int64
	kind := uint64(v1String)
	var h host
	err := t.fields(func(of, number int) (err error) {
		switch {
		case number == 1 && of == thriftString:
			if err = t.bytes(); err == nil {
				key = addressKey(t.text)
				if key == "" {
					key = d.text(t.text)
				}
			}
		case number == 2 && of == thriftString:
			if err = t.bytes(); err == nil {
				text, length = d.text(t.text), t.length
				copy(raw[:], t.text)
			}
		case number == 3 && of == thriftI32:
			kind, err = t.number(4)
		case number == 4 && of == thriftStruct:
			h, err = readHost(t, d)
		default:
			err = t.pass(of, 0)
		}
		return err
	})
	if err != nil {
		return err
	}
	if h.known {
		switch key {
		case "ca":
			v.ca = h
			return nil
		case "sa":
			v.sa = h
			return nil
		case "ma":
			v.ma = h
			return nil
		}
	}
	v.local = v.local.or(h)
	if key == "lc" && length == 0 {
		return nil // it is only there for its endpoint
	}
	if text, ok := tagText(kind, text, raw, length); ok {
		d.addTag(key, text)
	}
	return nil
}

// addressKey returns the key if it is the key of an address, which is needed even while a
// body is only checked.
func addressKey(key []byte) string {
	switch string(key) {
	case "ca":
		return "ca"
	case "sa":
		return "sa"
	case "ma":
		return "ma"
	}
	return ""
}

// tagText returns a value as a text. Bytes have none.
func tagText(kind uint64, text string, raw [8]byte, length int64) (string, bool) {
	v := binary.BigEndian.Uint64(raw[:])
	switch {
	case kind == v1String:
		return text, true
	case kind == v1Bool && length == 1:
		return strconv.FormatBool(raw[0] != 0), true
	case kind == v1I16 && length == 2:
		return strconv.Itoa(int(int16(v >> 48))), true
	case kind == v1I32 && length == 4:
		return strconv.Itoa(int(int32(v >> 32))), true
	case kind == v1I64 && length == 8:
		return strconv.FormatInt(int64(v), 10), true
	case kind == v1Double && length == 8:
		return strconv.FormatFloat(math.Float64frombits(v), 'g', -1, 64), true
	}
	return "", false
}

func readHost(t *thriftReader, d *draft) (host, error) {
	h := host{known: true}
	err := t.fields(func(kind, number int) (err error) {
		n := uint64(0)
		switch {
		case number == 1 && kind == thriftI32:
			if n, err = t.number(4); n != 0 {
				h.ipv4 = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n))))
			}
		case number == 2 && kind == thriftI16:
			n, err = t.number(2)
			h.port = uint16(n)
		case number == 3 && kind == thriftString:
			if err = t.bytes(); err == nil {
				h.service = d.text(t.text)
			}
		case number == 4 && kind == thriftString:
			if err = t.bytes(); err == nil {
				if ip, ok := netip.AddrFromSlice(t.text); ok {
					h.setIP(ip)
				}
			}
		default:
			err = t.pass(kind, 0)
		}
		return err
	})
	return h, err
}

// finish makes one span of the draft, or two: that of a client and that of a server which
// shares its id.
func (v *v1Span) finish(d *draft, each func()) {
	client, server := v.cs.host.or(v.cr.host), v.sr.host.or(v.ss.host)
	if server.known && v.ca.known && v.ca.service == server.service {
		v.ca.service = "" // Finagle gives the caller the name of the called service
	}
	s := &d.s
	switch {
	case client.known:
		s.kind = kindClient
		v.place(d, client, v.sa, v.cs, v.cr)
		each()
		if !server.known {
			return
		}
		d.annotations, d.tags = d.annotations[:0], d.tags[:0] // they are the client's
		s.timestamp, s.duration = 0, 0
		s.kind, s.shared = kindServer, true
		v.place(d, server, v.ca, v.sr, v.ss)
	case server.known:
		s.kind, s.shared = kindServer, s.timestamp == 0
		v.place(d, server, v.ca, v.sr, v.ss)
	case v.ms.host.known:
		s.kind = kindProducer
		v.place(d, v.ms.host, v.ma, v.ms, moment{})
	case v.mr.host.known:
		s.kind = kindConsumer
		v.place(d, v.mr.host, v.ma, v.mr, moment{})
	default:
		if v.ca.known && !v.sa.known {
			s.kind = kindServer
		}
		if v.ca.known && v.sa.known {
			v.local = v.ca
		}
		v.place(d, v.local, v.sa.or(v.ca), moment{}, moment{})
	}
	each()
}

// place sets the local and the remote endpoint of a span. If its timestamp or duration is
// missing, both are those of its annotations.
func (v *v1Span) place(d *draft, local, remote host, from, to moment) {
	d.local, d.remote = local.endpoint, remote.endpoint
	s := &d.s
	if (s.timestamp == 0 || s.duration == 0) && from.host.known {
		s.timestamp = from.at
		if to.host.known && to.at > from.at {
			s.duration = to.at - from.at
		}
	}
}
