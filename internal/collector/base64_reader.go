package collector

import (
	"fmt"
	"io"
)

// base64Reader decodes standard base64 (RFC 4648 section 4) out of the next
// bytes of a source. It ignores line ends and accepts missing padding.
type base64Reader struct {
	in     *source
	left   int64
	bits   uint32
	digits int  // in bits
	over   bool // padding was read
}

func (b *base64Reader) reset(in *source, n int64) { *b = base64Reader{in: in, left: n} }

// Read implements io.Reader. It does not read ahead in the source.
func (b *base64Reader) Read(p []byte) (n int, err error) {
	for len(p)-n >= 3 {
		if b.left == 0 {
			n += b.rest(p[n:])
			return n, io.EOF
		}
		if !b.in.more() {
			return n, errThriftEnd
		}
		c := b.in.buf[b.in.r]
		b.in.r++
		b.left--
		v := uint32(0)
		switch {
		case c >= 'A' && c <= 'Z':
			v = uint32(c - 'A')
		case c >= 'a' && c <= 'z':
			v = uint32(c-'a') + 26
		case c >= '0' && c <= '9':
			v = uint32(c-'0') + 52
		case c == '+':
			v = 62
		case c == '/':
			v = 63
		case c == '\n' || c == '\r':
			continue
		case c == '=':
			b.over = true
			continue
		default:
			return n, fmt.Errorf("byte 0x%02x", c)
		}
		if b.over {
			return n, fmt.Errorf("more after the padding")
		}
		b.bits = b.bits<<6 | v
		if b.digits++; b.digits == 4 {
			p[n], p[n+1], p[n+2] = byte(b.bits>>16), byte(b.bits>>8), byte(b.bits)
			n += 3
			b.bits, b.digits = 0, 0
		}
	}
	return n, nil
}

// rest writes the bytes of the last group if that is incomplete.
func (b *base64Reader) rest(p []byte) (n int) {
	switch b.digits {
	case 2:
		p[0], n = byte(b.bits>>4), 1
	case 3:
		p[0], p[1], n = byte(b.bits>>10), byte(b.bits>>2), 2
	}
	b.digits = 0
	return n
}
