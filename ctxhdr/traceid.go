package ctxhdr

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// The bits of TraceID.Flags that have a meaning here (Finagle's Flags.scala).
// All others are kept as they came.
const (
	FlagDebug         = 1 // record everywhere, whatever the other bits say
	FlagSamplingKnown = 2 // somebody decided; FlagSampled says what
	FlagSampled       = 4 // counts only together with FlagSamplingKnown
)

// A TraceID is what one l5d-ctx-trace header says: the identity of the span
// that sent the request. Its fields hold the 64-bit words as they are on the
// wire (Finagle's TraceId.scala), so a parsed id prints as it came.
type TraceID struct {
	Span   uint64
	Parent uint64 // equals Span if there is no parent
	Trace  uint64 // low half of the trace id; equals Parent if there is no distinct one
	Flags  uint64 // see FlagDebug and its neighbours

	// TraceHigh is the high half of a 128-bit trace id. Wide says that the
	// id has one, which may be zero: such an id takes 40 bytes on the wire
	// instead of 32. A TraceHigh that is not zero implies Wide.
	TraceHigh uint64
	Wide      bool
}

const (
	narrowBytes = 32
	wideBytes   = 40
	// Base64 lengths without and with padding.
	narrowBare, narrowPadded = 43, 44
	wideBare, widePadded     = 54, 56
)

// ParseTraceID reads the value of an l5d-ctx-trace header: 32 or 40 bytes in
// base64 of the standard alphabet. Padding may be left out but not be wrong;
// white space is an error, as it is for Java's decoder.
func ParseTraceID(s string) (TraceID, error) {
	t, problem := decodeTraceID(s)
	if problem != "" {
		return TraceID{}, fmt.Errorf("l5d-ctx-trace %s: %s", quote(s), problem)
	}
	return t, nil
}

// decodeTraceID returns why s is no trace id, or "": a reader of hostile
// headers has no use for an allocated error.
func decodeTraceID(s string) (t TraceID, problem string) {
	switch {
	case len(s) == narrowPadded && strings.HasSuffix(s, "="):
		s = s[:narrowBare]
	case len(s) == widePadded && strings.HasSuffix(s, "=="):
		s = s[:wideBare]
	}
	if len(s) != narrowBare && len(s) != wideBare {
		return t, "not the base64 of 32 or 40 bytes"
	}
	// Go's decoder skips these two, Java's does not.
	if strings.ContainsAny(s, "\r\n") {
		return t, "line break in base64"
	}
	var text [wideBare]byte
	var raw [wideBytes]byte
	n, err := base64.RawStdEncoding.Decode(raw[:], text[:copy(text[:], s)])
	if err != nil {
		return t, "not base64 of the standard alphabet"
	}
	t = TraceID{
		Span:   binary.BigEndian.Uint64(raw[0:]),
		Parent: binary.BigEndian.Uint64(raw[8:]),
		Trace:  binary.BigEndian.Uint64(raw[16:]),
		Flags:  binary.BigEndian.Uint64(raw[24:]),
	}
	if n == wideBytes {
		t.Wide = true
		t.TraceHigh = binary.BigEndian.Uint64(raw[narrowBytes:])
	}
	return t, ""
}

func (t TraceID) wide() bool { return t.Wide || t.TraceHigh != 0 }

// AppendText appends the header value to b. It never fails.
func (t TraceID) AppendText(b []byte) ([]byte, error) {
	var buf [wideBytes]byte
	raw := binary.BigEndian.AppendUint64(buf[:0], t.Span)
	raw = binary.BigEndian.AppendUint64(raw, t.Parent)
	raw = binary.BigEndian.AppendUint64(raw, t.Trace)
	raw = binary.BigEndian.AppendUint64(raw, t.Flags)
	if t.wide() {
		raw = binary.BigEndian.AppendUint64(raw, t.TraceHigh)
	}
	return base64.StdEncoding.AppendEncode(b, raw), nil
}

// String returns the header value: padded base64, 44 characters or, if the id
// is wide, 56.
func (t TraceID) String() string {
	var buf [widePadded]byte
	b, _ := t.AppendText(buf[:0])
	return string(b)
}

// Sampled reports whether the spans of the trace are to be recorded, and
// whether that is decided at all. Debug wins over every other bit.
func (t TraceID) Sampled() (sampled, decided bool) {
	switch {
	case t.Flags&FlagDebug != 0:
		return true, true
	case t.Flags&FlagSamplingKnown != 0:
		return t.Flags&FlagSampled != 0, true
	}
	return false, false
}

// IsRoot reports whether the span has no parent.
func (t TraceID) IsRoot() bool { return t.Parent == t.Span }

// Equal reports whether both name the same span of the same trace. Flags take
// no part; a wide id with a zero high half is not equal to a narrow one.
func (t TraceID) Equal(o TraceID) bool {
	return t.Span == o.Span && t.Parent == o.Parent && t.Trace == o.Trace &&
		t.TraceHigh == o.TraceHigh && t.wide() == o.wide()
}

// ReqID returns the value of l5d-reqid: the low half of the trace id as 16
// lower-case hexadecimal digits, the same for every request of the trace.
func (t TraceID) ReqID() string { return hex16(t.Trace) }

func hex16(v uint64) string {
	var word [8]byte
	var text [16]byte
	binary.BigEndian.PutUint64(word[:], v)
	hex.Encode(text[:], word[:])
	return string(text[:])
}
