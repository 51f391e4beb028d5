package collector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
)

// decodeProto reads Zipkin's ListOfSpans (zipkin.proto of openzipkin/zipkin-api).
func decodeProto(in *source, d *draft, each func()) error {
	p := &protoReader{source: in}
	for n := 0; p.more(); {
		num, wire, err := p.tag(math.MaxInt64)
		if err == nil && (num != 1 || wire != wireBytes) {
			if err = p.skipField(num, wire, math.MaxInt64); err == nil {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("the body is not a protobuf list of spans: after span %d: %w", n, err)
		}
		d.reset()
		if err := p.message(math.MaxInt64, func(num, wire int, end int64) error { return protoField(p, d, num, wire, end) }); err != nil {
			return atSpan(n, err)
		}
		if err := protoIdentity(&d.s); err != nil {
			return atSpan(n, err)
		}
		each()
		n++
	}
	return nil
}

// protoIdentity returns an error if an id is missing. A field that was not sent is zero.
func protoIdentity(s *span) error {
	if s.trace == (traceID{}) {
		return fail("trace_id", "is missing or all zeros")
	}
	if s.id == 0 {
		return fail("id", "is missing or all zeros")
	}
	return nil
}

func protoField(p *protoReader, d *draft, num, wire int, end int64) (err error) {
	s := &d.s
	var v uint64
	switch {
	case num == 1 && wire == wireBytes:
		if err = p.bytes(end); err == nil {
			switch b := p.text; p.length {
			case 8:
				s.trace = traceID{low: binary.BigEndian.Uint64(b)}
			case 16:
				s.trace = traceID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
			default:
				err = fail("trace_id", "has %d bytes, must have 8 or 16", p.length)
			}
		}
	case num == 2 && wire == wireBytes:
		s.parent, err = protoID(p, end, "parent_id", true)
	case num == 3 && wire == wireBytes:
		s.id, err = protoID(p, end, "id", false)
	case num == 4 && wire == wireVarint:
		// An enum has 32 bits.
		if v, err = p.varint(end); err == nil && uint32(v) > uint32(kindConsumer) {
			return fail("kind", "%d is not known", int32(v))
		}
		s.kind = kind(v)
	case num == 5 && wire == wireBytes:
		if err = p.bytes(end); err == nil {
			s.name = d.text(p.text)
		}
	case num == 6 && wire == wireFixed64:
		v, err = p.fixed64(end)
		s.timestamp = micros(v)
	case num == 7 && wire == wireVarint:
		v, err = p.varint(end)
		s.duration = micros(v)
	case num == 8 && wire == wireBytes:
		err = inField("local_endpoint", protoEndpoint(p, d, &d.local, end))
	case num == 9 && wire == wireBytes:
		err = inField("remote_endpoint", protoEndpoint(p, d, &d.remote, end))
	case num == 10 && wire == wireBytes:
		err = inField("annotations", protoAnnotation(p, d, end))
	case num == 11 && wire == wireBytes:
		err = inField("tags", protoTag(p, d, end))
	case num == 12 && wire == wireVarint:
		v, err = p.varint(end)
		s.debug = v != 0
	case num == 13 && wire == wireVarint:
		v, err = p.varint(end)
		s.shared = v != 0
	default:
		err = p.skipField(num, wire, end)
	}
	return err
}

func protoID(p *protoReader, end int64, field string, optional bool) (uint64, error) {
	if err := p.bytes(end); err != nil {
		return 0, err
	}
	switch {
	case p.length == 8:
		return binary.BigEndian.Uint64(p.text), nil
	case p.length == 0 && optional:
		return 0, nil
	case optional:
		return 0, fail(field, "has %d bytes, must have 8 or none", p.length)
	}
	return 0, fail(field, "has %d bytes, must have 8", p.length)
}

func protoEndpoint(p *protoReader, d *draft, e *endpoint, end int64) error {
	return p.message(end, func(num, wire int, end int64) error {
		switch {
		case num == 1 && wire == wireBytes:
			if err := p.bytes(end); err != nil {
				return err
			}
			e.service = d.text(p.text)
		case (num == 2 || num == 3) && wire == wireBytes:
			if err := p.bytes(end); err != nil {
				return err
			}
			if ip, ok := netip.AddrFromSlice(p.text); ok {
				e.setIP(ip)
			} else if p.length > 0 {
				return errors.New("an address must have 4 or 16 bytes")
			}
		case num == 4 && wire == wireVarint:
			v, err := p.varint(end)
			if err != nil {
				return err
			}
			port := int32(v)
			if port > math.MaxUint16 {
				return fmt.Errorf("port %d is over 65535", port)
			}
			e.port = uint16(max(port, 0))
		default:
			return p.skipField(num, wire, end)
		}
		return nil
	})
}

func protoAnnotation(p *protoReader, d *draft, end int64) error {
	var at uint64
	var value string
	err := p.message(end, func(num, wire int, end int64) (err error) {
		switch {
		case num == 1 && wire == wireFixed64:
			at, err = p.fixed64(end)
		case num == 2 && wire == wireBytes:
			if err = p.bytes(end); err == nil {
				value = d.text(p.text)
			}
		default:
			err = p.skipField(num, wire, end)
		}
		return err
	})
	if err == nil {
		d.addAnnotation(micros(at), value)
	}
	return err
}

func protoTag(p *protoReader, d *draft, end int64) error {
	var key, value string
	err := p.message(end, func(num, wire int, end int64) error {
		if num != 1 && num != 2 || wire != wireBytes {
			return p.skipField(num, wire, end)
		}
		if err := p.bytes(end); err != nil {
			return err
		}
		if num == 1 {
			key = d.text(p.text)
		} else {
			value = d.text(p.text)
		}
		return nil
	})
	if err == nil {
		d.addTag(key, value)
	}
	return err
}

// micros returns v, or 0 (unknown) if it does not fit.
func micros(v uint64) int64 {
	if v > math.MaxInt64 {
		return 0
	}
	return int64(v)
}
