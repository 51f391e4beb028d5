package scribe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Parts of TBinaryProtocol, strict form (thrift/doc/specs/thrift-binary-protocol.md).
const (
	strictCall      = 0x80010001
	strictReply     = 0x80010002
	strictException = 0x80010003

	typeStop   = 0
	typeI32    = 8
	typeString = 11
	typeStruct = 12
	typeList   = 15

	tryLater      = 1
	internalError = 6 // of a TApplicationException
	quoteMessage  = 256
)

var errNotScribe = errors.New("what came back is not the reply to a Scribe call")

// ErrTryLater is the reply TRY_LATER.
var ErrTryLater = errors.New("scribe: the collector replied TRY_LATER")

// exception is a TApplicationException.
type exception struct {
	code uint32
	text string
}

func (e *exception) Error() string {
	return fmt.Sprintf("scribe: the collector replied with exception %d: %q", e.code, e.text)
}

// ParseReply reads the reply to the call of Log with this number, without the
// length before it.
func ParseReply(b []byte, seq uint32) error {
	r := reader{b: b}
	kind := r.u32()
	name := r.text()
	if number := r.u32(); r.bad || string(name) != "Log" || number != seq {
		return errNotScribe
	}
	switch kind {
	case strictReply:
		return r.result()
	case strictException:
		return r.exception()
	}
	return errNotScribe
}

// result reads the struct around the result: field 0 is a ResultCode.
func (r *reader) result() error {
	if r.u8() != typeI32 || r.u16() != 0 {
		return errNotScribe
	}
	code := r.u32()
	if end := r.u8(); r.bad || end != typeStop {
		return errNotScribe
	}
	switch code {
	case 0:
		return nil
	case tryLater:
		return ErrTryLater
	}
	return fmt.Errorf("%w: result %d", errNotScribe, code)
}

// exception reads a message (field 1) and a type (field 2), in any order.
func (r *reader) exception() error {
	e := new(exception)
	for {
		field := r.u8()
		if r.bad {
			return errNotScribe
		}
		if field == typeStop {
			return e
		}
		number := r.u16()
		switch {
		case field == typeString && number == 1:
			text := r.text()
			e.text = strings.ToValidUTF8(string(text[:min(len(text), quoteMessage)]), "\ufffd")
		case field == typeI32 && number == 2:
			e.code = r.u32()
		default:
			return errNotScribe
		}
	}
}

// reader reads numbers and texts; bad says that there were not enough bytes.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n uint64) []byte {
	if uint64(len(r.b)) < n {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u8() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) text() []byte { return r.take(uint64(r.u32())) }
