package serve

import "encoding/binary"

// The types of frames that are counted (RFC 9113 section 6).
const (
	frameData         = 0
	frameHeaders      = 1
	framePriority     = 2
	frameReset        = 3
	frameSettings     = 4
	framePush         = 5
	framePing         = 6
	frameGoAway       = 7
	frameWindowUpdate = 8
	frameContinuation = 9
)

const (
	flagEndStream  = 1 // of DATA and HEADERS
	flagEndHeaders = 4 // of HEADERS, PUSH_PROMISE and CONTINUATION

	frameHeadBytes = 9
	prefaceBytes   = 24
)

// frameHead is the head of a frame.
type frameHead struct {
	length      int
	kind, flags byte
	stream      uint32
}

// frames follows the frames in the bytes that go one way.
type frames struct {
	head     [frameHeadBytes]byte
	have     int  // bytes of the head that have come
	left     int  // bytes that come before the next head
	inHeader bool // a header goes on in the next frame
}

// next takes the bytes to the end of the next head of a frame. It returns false if there are
// no more bytes.
func (f *frames) next(p []byte) (h frameHead, rest []byte, ok bool) {
	n := min(f.left, len(p))
	f.left -= n
	p = p[n:]
	n = copy(f.head[f.have:], p)
	f.have += n
	p = p[n:]
	if f.have < frameHeadBytes {
		return h, p, false
	}
	f.have = 0
	h = frameHead{
		length: int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2]), kind: f.head[3], flags: f.head[4],
		stream: binary.BigEndian.Uint32(f.head[5:]) &^ (1 << 31),
	}
	f.left = h.length
	switch h.kind {
	case frameHeaders, framePush, frameContinuation:
		f.inHeader = h.flags&flagEndHeaders == 0
	}
	return h, p, true
}

// between reports whether another frame may stand here.
func (f *frames) between() bool { return f.have == 0 && f.left == 0 && !f.inHeader }

// The reasons of GOAWAY frames.
const (
	goAwayNoError = 0
	goAwayCalm    = 11 // ENHANCE_YOUR_CALM
)

// goAwayFrame says that streams above last are not processed, and why.
func goAwayFrame(last, code uint32) []byte {
	frame := make([]byte, frameHeadBytes, frameHeadBytes+8)
	frame[2], frame[3] = 8, frameGoAway
	frame = binary.BigEndian.AppendUint32(frame, last)
	return binary.BigEndian.AppendUint32(frame, code)
}

// anyStream is a last stream that refuses none.
const anyStream = 1<<31 - 1
