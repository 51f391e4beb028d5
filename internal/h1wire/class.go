package h1wire

import "encoding/binary"

// Classes of bytes, for what RFC 9110 section 5 calls tokens.
const (
	Token  = 1 << iota // may stand in a token: header name, method
	Target             // may stand in a request target as it is written
	Host               // may stand in a Host field
)

// byteClass has the classes of each byte. It is never modified.
var byteClass = makeByteClass()

func makeByteClass() (t [256]uint8) {
	for c := 0x21; c < 0x7f; c++ {
		t[c] |= Target
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] |= Target // raw bytes of a query are written as they are
	}
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] |= Token
	}
	for _, c := range "!$%&'()*+,-.:;=[]_~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] |= Host // RFC 3986: reg-name, IP-literal and port, as httpguts.ValidHostHeader accepts them
	}
	return t
}

// Is reports whether a byte is of the class.
func Is(c, class uint8) bool { return byteClass[c]&class != 0 }

// AllOf reports whether all bytes of s are of the class.
func AllOf[T string | []byte](s T, class uint8) bool {
	for i := 0; i < len(s); i++ {
		if byteClass[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// ValidValue reports whether b may be a header value: it has no control character other
// than tab (RFC 9110 section 5.5). It checks eight bytes at a time.
func ValidValue(b []byte) bool {
	const (
		ones = 0x0101010101010101
		high = 0x8080808080808080
	)
	for len(b) >= 8 {
		x := binary.LittleEndian.Uint64(b)
		del := x ^ 0x7f*ones
		if ((x-0x20*ones)&^x|(del-ones)&^del)&high != 0 && !validBytes(b[:8]) {
			return false
		}
		b = b[8:]
	}
	return validBytes(b)
}

func validBytes(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func trim(b []byte) []byte {
	for len(b) > 0 && IsBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && IsBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// IsBlank reports whether c is a space or a tab.
func IsBlank(c byte) bool { return c == ' ' || c == '\t' }
