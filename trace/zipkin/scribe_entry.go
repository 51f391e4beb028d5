package zipkin

import (
	"encoding/binary"
	"slices"

	"github.com/meshhop/meshhop/trace"
)

// entryHead is a LogEntry of the category zipkin up to the length of its message.
const entryHead = "\x0b\x00\x01\x00\x00\x00\x06zipkin\x0b\x00\x02"

// appendEntry appends r as a LogEntry, as a call of Scribe's Log takes it: the
// message is the span, encoded by appendThrift, in base64 and with a newline. It
// allocates nothing but what dst needs to grow, unless r has lists for attribute
// values.
func appendEntry(dst []byte, r *trace.Record) []byte {
	dst = append(dst, entryHead...)
	dst = append(dst, 0, 0, 0, 0)
	start := len(dst)
	dst = appendThrift(dst, r)
	dst = base64InPlace(dst, start)
	dst = append(dst, '\n')
	binary.BigEndian.PutUint32(dst[start-4:], uint32(len(dst)-start))
	return append(dst, thriftStop)
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// base64InPlace replaces what is in b from start on by its standard base64. It
// moves the bytes to the end of the place and works from the front: what it
// writes never gets ahead of what it has still to read.
func base64InPlace(b []byte, start int) []byte {
	n := len(b) - start
	size := (n + 2) / 3 * 4
	b = slices.Grow(b, size-n)[:start+size]
	copy(b[start+size-n:], b[start:start+n])
	from, to := b[start+size-n:], b[start:]
	for len(from) >= 3 {
		v := uint(from[0])<<16 | uint(from[1])<<8 | uint(from[2])
		from = from[3:]
		to[0], to[1], to[2], to[3] = base64Digits[v>>18&63], base64Digits[v>>12&63], base64Digits[v>>6&63], base64Digits[v&63]
		to = to[4:]
	}
	switch len(from) {
	case 1:
		v := uint(from[0]) << 16
		to[0], to[1], to[2], to[3] = base64Digits[v>>18&63], base64Digits[v>>12&63], '=', '='
	case 2:
		v := uint(from[0])<<16 | uint(from[1])<<8
		to[0], to[1], to[2], to[3] = base64Digits[v>>18&63], base64Digits[v>>12&63], base64Digits[v>>6&63], '='
	}
	return b
}
