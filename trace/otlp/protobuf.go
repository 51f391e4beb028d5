package otlp

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Wire types of protobuf (protobuf.dev/programming-guides/encoding).
const (
	varint    = 0
	fixed64   = 1
	delimited = 2 // also of texts and messages
	fixed32   = 5
)

// maxLength is the most bytes that the length of a message takes here: an int has 31 bits
// at least.
const maxLength = 5

func varintSize(n int) int { return (bits.Len(uint(n)|1) + 6) / 7 }

// appendText appends a field with a text, unless that is empty.
func appendText(dst []byte, tag byte, s string) []byte {
	if s == "" {
		return dst
	}
	return appendAnyText(dst, tag, s)
}

func appendAnyText(dst []byte, tag byte, s string) []byte {
	s = valid(s)
	dst = binary.AppendUvarint(append(dst, tag), uint64(len(s)))
	return append(dst, s...)
}

func appendBytes(dst []byte, tag byte, b []byte) []byte {
	dst = binary.AppendUvarint(append(dst, tag), uint64(len(b)))
	return append(dst, b...)
}

// appendNumber appends a field with a number, unless that is 0.
func appendNumber(dst []byte, tag byte, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return binary.AppendUvarint(append(dst, tag), n)
}

func appendFixed64(dst []byte, tag byte, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, tag), n)
}

// valid is s with U+FFFD for what is not UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// open begins a field that is a message, and leaves room for a length of that many bytes.
// The result at is for shut.
func open(dst []byte, tag byte, room int) (_ []byte, at int) {
	const most = "\x00\x00\x00\x00\x00"
	dst = append(append(dst, tag), most[:room]...)
	return dst, len(dst)
}

// shut writes the length of the message that begins at at, for which there is room before
// it, and moves the message if the length needs another room.
func shut(dst []byte, at, room int) []byte {
	n := len(dst) - at
	if size := varintSize(n); size != room {
		const most = "\x00\x00\x00\x00\x00"
		dst = append(dst, most[:max(0, size-room)]...)
		copy(dst[at+size-room:], dst[at:at+n])
		dst = dst[:at+size-room+n]
		at += size - room
		room = size
	}
	binary.PutUvarint(dst[at-room:at], uint64(n))
	return dst
}
