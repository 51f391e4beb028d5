package h2wire

import "encoding/binary"

// A SettingID names a setting (RFC 9113 section 6.5.2, RFC 8441 section 3).
type SettingID uint16

// The settings.
const (
	HeaderTableSize       SettingID = 0x1
	EnablePush            SettingID = 0x2
	MaxConcurrentStreams  SettingID = 0x3
	InitialWindowSize     SettingID = 0x4
	MaxFrameSize          SettingID = 0x5
	MaxHeaderListSize     SettingID = 0x6
	EnableConnectProtocol SettingID = 0x8
)

// EachSetting calls f for each setting of the payload of SETTINGS, in order, until one is an
// error. Settings with a value that is not allowed are errors, and unknown ones are left to f.
func EachSetting(payload []byte, f func(Setting) error) error {
	for ; len(payload) >= 6; payload = payload[6:] {
		s := Setting{SettingID(binary.BigEndian.Uint16(payload)), binary.BigEndian.Uint32(payload[2:])}
		if err := s.check(); err != nil {
			return err
		}
		if err := f(s); err != nil {
			return err
		}
	}
	return nil
}

func (s Setting) check() error {
	switch s.ID {
	case EnablePush, EnableConnectProtocol:
		if s.Value > 1 {
			return ConnFails(ProtocolError, "setting %d is %d", s.ID, s.Value)
		}
	case InitialWindowSize:
		if s.Value > MaxWindow {
			return ConnFails(FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE is %d", s.Value)
		}
	case MaxFrameSize:
		if s.Value < MinMaxFrame || s.Value > MaxMaxFrame {
			return ConnFails(ProtocolError, "SETTINGS_MAX_FRAME_SIZE is %d", s.Value)
		}
	}
	return nil
}
