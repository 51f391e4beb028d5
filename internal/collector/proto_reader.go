package collector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Wire types of protobuf.
const (
	wireVarint     = 0
	wireFixed64    = 1
	wireBytes      = 2
	wireStartGroup = 3
	wireEndGroup   = 4
	wireFixed32    = 5
)

var (
	errTruncated = errors.New("a field ends beyond what it stands in")
	errVarint    = errors.New("a number has more than 64 bits")
)

// protoReader reads protobuf as a stream (protobuf.dev/programming-guides/encoding). What a
// call returns is valid until the next call. A parameter end is the position in the body
// where the message ends.
type protoReader struct {
	*source
	text   []byte // the beginning of the field that bytes read last
	length int64  // the whole length of that field
}

func (p *protoReader) byte(end int64) (byte, error) {
	if p.pos() >= end || !p.more() {
		return 0, errTruncated
	}
	b := p.buf[p.r]
	p.r++
	return b, nil
}

func (p *protoReader) varint(end int64) (v uint64, err error) {
	if p.r < p.w && p.buf[p.r] < 0x80 && p.pos() < end { // nearly always
		p.r++
		return uint64(p.buf[p.r-1]), nil
	}
	for shift := 0; shift < 70; shift += 7 {
		b, err := p.byte(end)
		if err != nil {
			return 0, err
		}
		if shift == 63 && b > 1 {
			break
		}
		if v |= uint64(b&0x7f) << shift; b < 0x80 {
			return v, nil
		}
	}
	return 0, errVarint
}

func (p *protoReader) fixed64(end int64) (uint64, error) {
	var b [8]byte
	for i := range b {
		var err error
		if b[i], err = p.byte(end); err != nil {
			return 0, err
		}
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// tag reads the tag of a field: its number and its wire type.
func (p *protoReader) tag(end int64) (num, wire int, err error) {
	v, err := p.varint(end)
	if err != nil {
		return 0, 0, err
	}
	if v>>3 == 0 || v>>3 > 1<<29-1 {
		return 0, 0, fmt.Errorf("%d is no number of a field", v>>3)
	}
	return int(v >> 3), int(v & 7), nil
}

// size reads the length of the next value and returns the position where that ends.
func (p *protoReader) size(end int64) (int64, error) {
	n, err := p.varint(end)
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt32 || int64(n) > end-p.pos() {
		return 0, errTruncated
	}
	return p.pos() + int64(n), nil
}

// bytes reads a field of bytes into text, of which it keeps at most maxKept.
func (p *protoReader) bytes(end int64) error {
	last, err := p.size(end)
	if err != nil {
		return err
	}
	p.length = last - p.pos()
	p.text = p.text[:0]
	for left := min(p.length, maxKept); left > 0; left = min(p.length, maxKept) - int64(len(p.text)) {
		if !p.more() {
			return errTruncated
		}
		part := p.buf[p.r:p.w]
		part = part[:min(int64(len(part)), left)]
		p.text = append(p.text, part...)
		p.r += len(part)
	}
	if !p.skip(last - p.pos()) {
		return errTruncated
	}
	return nil
}

// message reads a message. It calls field for each field, to read the value.
func (p *protoReader) message(end int64, field func(num, wire int, end int64) error) error {
	last, err := p.size(end)
	if err != nil {
		return err
	}
	for p.pos() < last {
		num, wire, err := p.tag(last)
		if err == nil {
			err = field(num, wire, last)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// skipField skips an unknown field. Groups, which no current encoder writes, are skipped
// without recursion.
func (p *protoReader) skipField(num, wire int, end int64) (err error) {
	var groups [maxDepth]int
	for depth := 0; ; {
		switch wire {
		case wireVarint:
			_, err = p.varint(end)
		case wireFixed64:
			_, err = p.fixed64(end)
		case wireFixed32:
			err = p.pass(4, end)
		case wireBytes:
			var last int64
			if last, err = p.size(end); err == nil {
				err = p.pass(last-p.pos(), end)
			}
		case wireStartGroup:
			if depth == maxDepth {
				return fmt.Errorf("groups are nested deeper than %d levels", maxDepth)
			}
			groups[depth] = num
			depth++
		case wireEndGroup:
			if depth == 0 || groups[depth-1] != num {
				return errors.New("a group ends that did not begin")
			}
			depth--
		default:
			err = fmt.Errorf("%d is no type of a field", wire)
		}
		if err != nil || depth == 0 {
			return err
		}
		if num, wire, err = p.tag(end); err != nil {
			return err
		}
	}
}

func (p *protoReader) pass(n, end int64) error {
	if n > end-p.pos() || !p.skip(n) {
		return errTruncated
	}
	return nil
}
