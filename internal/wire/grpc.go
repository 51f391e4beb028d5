package wire

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of gRPC (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md).
const (
	GRPCStatusName  = "Grpc-Status"  // response, or its trailers: how the call ended
	GRPCMessageName = "Grpc-Message" // response, or its trailers: why; see EncodeGRPCMessage
	GRPCTimeoutName = "Grpc-Timeout" // request: see GRPCTimeout
)

// IsGRPC reports whether a message belongs to a gRPC call, by its content type.
func IsGRPC(h http.Header) bool {
	const grpc = "application/grpc"
	lines := h["Content-Type"]
	if len(lines) == 0 {
		lines = lowered(h, "Content-Type")
	}
	return len(lines) > 0 && HasPrefix(lines[0], grpc)
}

// GRPCTimeout reads how long the caller of a gRPC call waits: at most eight digits and a
// unit. The first line counts; false means that there is none that can be read.
func GRPCTimeout(h http.Header) (time.Duration, bool) {
	text, ok := First(h, GRPCTimeoutName)
	if !ok || len(text) < 2 || len(text) > 9 {
		return 0, false
	}
	unit := grpcUnit(text[len(text)-1])
	digits := text[:len(text)-1]
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || unit == 0 {
		return 0, false
	}
	if limit := uint64(maxDuration / unit); n > limit { // hours
		return maxDuration, true
	}
	return time.Duration(n) * unit, true
}

const maxDuration time.Duration = 1<<63 - 1

func grpcUnit(c byte) time.Duration {
	switch c {
	case 'H':
		return time.Hour
	case 'M':
		return time.Minute
	case 'S':
		return time.Second
	case 'm':
		return time.Millisecond
	case 'u':
		return time.Microsecond
	case 'n':
		return time.Nanosecond
	}
	return 0
}

// EncodeGRPCTimeout returns the value of grpc-timeout for a time, rounded down to the
// finest unit for which eight digits are enough. A time that is up is 0n.
func EncodeGRPCTimeout(left time.Duration) string {
	left = max(left, 0)
	const most = 99_999_999
	for _, unit := range "numSMH" {
		if n := left / grpcUnit(byte(unit)); n <= most {
			return strconv.FormatInt(int64(n), 10) + string(unit)
		}
	}
	return "" // there is no such time
}

// EncodeGRPCMessage returns the value of grpc-message for a text: bytes that are not
// printable ASCII, and the percent sign, are percent-encoded. It has at most limit bytes,
// and no escape is cut in two.
func EncodeGRPCMessage(text string, limit int) string {
	var b strings.Builder
	b.Grow(min(len(text)+len(text)/8, max(limit, 0)))
	for i := range len(text) {
		c := text[i]
		plain := c >= ' ' && c <= '~' && c != '%'
		if plain && b.Len() < limit {
			b.WriteByte(c)
		} else if !plain && b.Len()+2 < limit {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&0xf])
		} else {
			break
		}
	}
	return b.String()
}
