package h2wire

import "encoding/binary"

// A Type is that of a frame (RFC 9113 section 6).
type Type uint8

// The types.
const (
	Data         Type = 0x0
	Headers      Type = 0x1
	Priority     Type = 0x2
	RSTStream    Type = 0x3
	Settings     Type = 0x4
	PushPromise  Type = 0x5
	Ping         Type = 0x6
	GoAway       Type = 0x7
	WindowUpdate Type = 0x8
	Continuation Type = 0x9
)

// Flags of frames. Which a type has is in the section of the type.
const (
	EndStream   = 0x1  // DATA, HEADERS
	Ack         = 0x1  // SETTINGS, PING
	EndHeaders  = 0x4  // HEADERS, CONTINUATION
	Padded      = 0x8  // DATA, HEADERS
	HasPriority = 0x20 // HEADERS
)

const (
	// Preface is what a client sends first.
	Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	// HeaderSize is the size of the header of a frame.
	HeaderSize = 9
	// MinMaxFrame is the size that a payload may have in any case, and MaxMaxFrame the one
	// that it cannot exceed.
	MinMaxFrame = 1 << 14
	MaxMaxFrame = 1<<24 - 1
	// MaxStream is the highest number of a stream.
	MaxStream = 1<<31 - 1
)

// A Header is the header of a frame.
type Header struct {
	Length int // of the payload
	Type   Type
	Flags  uint8
	Stream uint32
}

// ParseHeader parses the first HeaderSize bytes of a frame.
func ParseHeader(b []byte) Header {
	_ = b[HeaderSize-1]
	return Header{
		Length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		Type:   Type(b[3]),
		Flags:  b[4],
		Stream: binary.BigEndian.Uint32(b[5:]) & MaxStream,
	}
}

// Has reports whether a flag is set.
func (h Header) Has(flag uint8) bool { return h.Flags&flag != 0 }

// Check checks what the header alone says: the size of the payload, of which maxFrame is
// allowed, and whether the frame is one of a stream or of the connection. It returns a
// *ConnError or a *StreamError.
func (h Header) Check(maxFrame int) error {
	if h.Length > maxFrame {
		return ConnFails(FrameSizeError, "a frame of %d bytes, %d are allowed", h.Length, maxFrame)
	}
	switch h.Type {
	case Data, Headers, Priority, RSTStream, Continuation, PushPromise:
		if h.Stream == 0 {
			return ConnFails(ProtocolError, "a frame of type %d on stream 0", h.Type)
		}
	case Settings, Ping, GoAway:
		if h.Stream != 0 {
			return ConnFails(ProtocolError, "a frame of type %d on stream %d", h.Type, h.Stream)
		}
	}
	return h.checkSize()
}

func (h Header) checkSize() error {
	ok := true
	switch h.Type {
	case Priority:
		if h.Length != 5 {
			return StreamFails(FrameSizeError, "PRIORITY of %d bytes", h.Length)
		}
	case RSTStream, WindowUpdate:
		ok = h.Length == 4
	case Settings:
		ok = h.Length%6 == 0 && (h.Length == 0 || !h.Has(Ack))
	case Ping:
		ok = h.Length == 8
	case GoAway:
		ok = h.Length >= 8
	}
	if !ok {
		return ConnFails(FrameSizeError, "a frame of type %d and %d bytes", h.Type, h.Length)
	}
	return nil
}

// Unpad returns the payload of a DATA frame without its padding.
func (h Header) Unpad(payload []byte) ([]byte, error) {
	if !h.Has(Padded) {
		return payload, nil
	}
	if len(payload) == 0 {
		return nil, ConnFails(FrameSizeError, "a padded frame of no bytes")
	}
	pad := int(payload[0])
	if payload = payload[1:]; pad > len(payload) {
		return nil, ConnFails(ProtocolError, "padding of %d bytes in a frame of %d", pad, len(payload)+1)
	}
	return payload[:len(payload)-pad], nil
}

// Fragment returns the part of the header block that a HEADERS frame has.
func (h Header) Fragment(payload []byte) ([]byte, error) {
	payload, err := h.Unpad(payload)
	if err != nil || !h.Has(HasPriority) {
		return payload, err
	}
	if len(payload) < 5 {
		return nil, ConnFails(FrameSizeError, "HEADERS with a priority of %d bytes", len(payload))
	}
	if on := binary.BigEndian.Uint32(payload) & MaxStream; on == h.Stream {
		return nil, ConnFails(ProtocolError, "stream %d depends on itself", on)
	}
	return payload[5:], nil
}

// Increment returns what a WINDOW_UPDATE adds.
func Increment(payload []byte) uint32 { return binary.BigEndian.Uint32(payload) & MaxStream }

// ResetCode returns the code of RST_STREAM.
func ResetCode(payload []byte) Code { return Code(binary.BigEndian.Uint32(payload)) }

// ParseGoAway returns the last stream that the peer may have served, the code, and the
// debug data.
func ParseGoAway(payload []byte) (last uint32, code Code, debug []byte) {
	return binary.BigEndian.Uint32(payload) & MaxStream, Code(binary.BigEndian.Uint32(payload[4:])), payload[8:]
}
