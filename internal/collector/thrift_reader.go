package collector

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Types of TBinaryProtocol (thrift/doc/specs/thrift-binary-protocol.md).
const (
	thriftStop   = 0
	thriftBool   = 2
	thriftByte   = 3
	thriftDouble = 4
	thriftI16    = 6
	thriftI32    = 8
	thriftI64    = 10
	thriftString = 11
	thriftStruct = 12
	thriftMap    = 13
	thriftSet    = 14
	thriftList   = 15
)

var (
	errThriftEnd  = errors.New("the Thrift ends in the middle of a value")
	errThriftDeep = fmt.Errorf("structs and lists are nested deeper than %d levels", maxDepth)
)

// thriftReader reads TBinaryProtocol as a stream. What a call returns is valid until the
// next call.
type thriftReader struct {
	*source
	text   []byte // the beginning of the field that bytes read last
	length int64  // the whole length of that field
}

// number reads an unsigned number of n bytes, at most 8.
func (t *thriftReader) number(n int) (uint64, error) {
	if t.w-t.r >= 8 { // nearly always
		v := binary.BigEndian.Uint64(t.buf[t.r:]) >> (64 - 8*n)
		t.r += n
		return v, nil
	}
	v := uint64(0)
	for range n {
		if !t.more() {
			return 0, errThriftEnd
		}
		v = v<<8 | uint64(t.buf[t.r])
		t.r++
	}
	return v, nil
}

// size reads the length of the next value.
func (t *thriftReader) size() (int64, error) {
	n, err := t.number(4)
	if err == nil && int32(n) < 0 {
		err = fmt.Errorf("a length of %d", int32(n))
	}
	return int64(n), err
}

// bytes reads a string into text, of which it keeps at most maxKept.
func (t *thriftReader) bytes() error {
	n, err := t.size()
	if err != nil {
		return err
	}
	t.length, t.text = n, t.text[:0]
	for left := min(n, maxKept); left > 0; {
		if !t.more() {
			return errThriftEnd
		}
		part := t.buf[t.r:t.w]
		part = part[:min(int64(len(part)), left)]
		t.text = append(t.text, part...)
		t.r += len(part)
		left -= int64(len(part))
	}
	if !t.skip(n - min(n, maxKept)) {
		return errThriftEnd
	}
	return nil
}

// fields reads a struct. It calls field for each field, to read the value.
func (t *thriftReader) fields(field func(kind, number int) error) error {
	for {
		kind, err := t.number(1)
		if err != nil || kind == thriftStop {
			return err
		}
		number, err := t.number(2)
		if err != nil {
			return err
		}
		if err := field(int(kind), int(number)); err != nil {
			return err
		}
	}
}

// structs reads a list of structs. It calls each for every one, to read it.
func (t *thriftReader) structs(each func() error) error {
	kind, err := t.number(1)
	if err != nil {
		return err
	}
	n, err := t.size()
	if err != nil {
		return err
	}
	if kind != thriftStruct && n > 0 {
		return fmt.Errorf("a list of type %d, must be of structs", kind)
	}
	for ; n > 0; n-- {
		if err := each(); err != nil {
			return err
		}
	}
	return nil
}

// pass skips an unknown value. Each iteration of its loops consumes at least one byte, so
// that a wrong length costs nothing.
func (t *thriftReader) pass(kind, depth int) error {
	if depth > maxDepth {
		return errThriftDeep
	}
	skip := func(n int64) error {
		if !t.skip(n) {
			return errThriftEnd
		}
		return nil
	}
	switch kind {
	case thriftBool, thriftByte:
		return skip(1)
	case thriftI16:
		return skip(2)
	case thriftI32:
		return skip(4)
	case thriftI64, thriftDouble:
		return skip(8)
	case thriftString:
		n, err := t.size()
		if err != nil {
			return err
		}
		return skip(n)
	case thriftStruct:
		return t.fields(func(kind, _ int) error { return t.pass(kind, depth+1) })
	case thriftMap, thriftSet, thriftList:
		key := uint64(0) // a list has none
		if kind == thriftMap {
			var err error
			if key, err = t.number(1); err != nil {
				return err
			}
		}
		value, err := t.number(1)
		if err != nil {
			return err
		}
		n, err := t.size()
		for ; n > 0 && err == nil; n-- {
			if kind == thriftMap {
				err = t.pass(int(key), depth+1)
			}
			if err == nil {
				err = t.pass(int(value), depth+1)
			}
		}
		return err
	}
	return fmt.Errorf("%d is no type of Thrift", kind)
}
