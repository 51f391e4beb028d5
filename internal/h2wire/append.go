package h2wire

import "encoding/binary"

// AppendHeader appends the header of a frame.
func AppendHeader(out []byte, length int, t Type, flags uint8, stream uint32) []byte {
	out = append(out, byte(length>>16), byte(length>>8), byte(length), byte(t), flags)
	return binary.BigEndian.AppendUint32(out, stream)
}

// AppendData appends a DATA frame.
func AppendData(out []byte, stream uint32, end bool, data []byte) []byte {
	var flags uint8
	if end {
		flags = EndStream
	}
	return append(AppendHeader(out, len(data), Data, flags, stream), data...)
}

// EndBlock makes frames of a header block that was appended to out behind HeaderSize bytes
// that are left free for it from at on: HEADERS, and CONTINUATION if the block is longer
// than a frame may be.
func EndBlock(out []byte, at int, stream uint32, end bool, maxFrame int) []byte {
	var flags uint8
	if end {
		flags = EndStream
	}
	size := len(out) - at - HeaderSize
	if size <= maxFrame {
		AppendHeader(out[:at], size, Headers, flags|EndHeaders, stream)
		return out
	}
	block := append([]byte(nil), out[at+HeaderSize:]...)
	out = append(AppendHeader(out[:at], maxFrame, Headers, flags, stream), block[:maxFrame]...)
	for block = block[maxFrame:]; ; block = block[maxFrame:] {
		if len(block) <= maxFrame {
			return append(AppendHeader(out, len(block), Continuation, EndHeaders, stream), block...)
		}
		out = append(AppendHeader(out, maxFrame, Continuation, 0, stream), block[:maxFrame]...)
	}
}

// AppendReset appends RST_STREAM.
func AppendReset(out []byte, stream uint32, code Code) []byte {
	return binary.BigEndian.AppendUint32(AppendHeader(out, 4, RSTStream, 0, stream), uint32(code))
}

// AppendWindowUpdate appends WINDOW_UPDATE, for the connection if stream is 0.
func AppendWindowUpdate(out []byte, stream, increment uint32) []byte {
	return binary.BigEndian.AppendUint32(AppendHeader(out, 4, WindowUpdate, 0, stream), increment)
}

// AppendPing appends PING with its eight bytes, or the answer to one.
func AppendPing(out []byte, ack bool, data []byte) []byte {
	var flags uint8
	if ack {
		flags = Ack
	}
	return append(AppendHeader(out, 8, Ping, flags, 0), data[:8]...)
}

// AppendGoAway appends GOAWAY.
func AppendGoAway(out []byte, last uint32, code Code, debug string) []byte {
	out = AppendHeader(out, 8+len(debug), GoAway, 0, 0)
	out = binary.BigEndian.AppendUint32(out, last)
	return append(binary.BigEndian.AppendUint32(out, uint32(code)), debug...)
}

// A Setting is one of a SETTINGS frame.
type Setting struct {
	ID    SettingID
	Value uint32
}

// AppendSettings appends SETTINGS.
func AppendSettings(out []byte, settings ...Setting) []byte {
	out = AppendHeader(out, 6*len(settings), Settings, 0, 0)
	for _, s := range settings {
		out = binary.BigEndian.AppendUint16(out, uint16(s.ID))
		out = binary.BigEndian.AppendUint32(out, s.Value)
	}
	return out
}

// AppendSettingsAck appends the answer to SETTINGS.
func AppendSettingsAck(out []byte) []byte { return AppendHeader(out, 0, Settings, Ack, 0) }
