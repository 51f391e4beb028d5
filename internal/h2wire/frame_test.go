package h2wire_test

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// FuzzFrames: the same frames are right as for x/net's Framer, and have the same content.
// The order of frames is not this package's.
func FuzzFrames(f *testing.F) {
	for _, seed := range [][]byte{
		h2wire.AppendData(nil, 1, true, []byte("abc")),
		append(h2wire.AppendHeader(nil, 5, h2wire.Data, h2wire.Padded, 1), "\x02ab\x00\x00"...),
		append(h2wire.AppendHeader(nil, 6, h2wire.Headers, h2wire.EndHeaders|h2wire.HasPriority, 3), 0, 0, 0, 1, 5, 0x82),
		h2wire.AppendReset(nil, 1, h2wire.Cancel),
		h2wire.AppendWindowUpdate(nil, 0, 7),
		h2wire.AppendPing(nil, true, []byte("12345678")),
		h2wire.AppendGoAway(nil, 5, h2wire.EnhanceYourCalm, "calm"),
		h2wire.AppendSettings(nil, h2wire.Setting{ID: h2wire.MaxFrameSize, Value: 1 << 14}, h2wire.Setting{ID: 0x99, Value: 3}),
		h2wire.AppendSettingsAck(nil),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < h2wire.HeaderSize {
			return
		}
		h := h2wire.ParseHeader(in)
		if len(in) < h2wire.HeaderSize+h.Length || h.Length > h2wire.MinMaxFrame {
			if h.Length > h2wire.MinMaxFrame && h.Check(h2wire.MinMaxFrame) == nil {
				t.Error("a large frame passes")
			}
			return
		}
		payload := in[h2wire.HeaderSize:][:h.Length]
		framer := http2.NewFramer(nil, bytes.NewReader(in))
		framer.AllowIllegalReads = true // of frames in the wrong order
		theirs, err := framer.ReadFrame()
		ours := h.Check(h2wire.MinMaxFrame)
		if ours != nil {
			code(t, ours)
			if err == nil && h.Type != h2wire.Continuation {
				t.Fatalf("%+v: %v, and x/net takes it", h, ours)
			}
			return
		}
		switch h.Type {
		case h2wire.Data:
			data, failed := h.Unpad(payload)
			if (failed == nil) != (err == nil) || err == nil && !bytes.Equal(data, theirs.(*http2.DataFrame).Data()) {
				t.Fatalf("%q %v, x/net: %v", data, failed, err)
			}
		case h2wire.Headers:
			fragment, failed := h.Fragment(payload)
			if failed == nil && (err != nil || !bytes.Equal(fragment, theirs.(*http2.HeadersFrame).HeaderBlockFragment())) {
				t.Fatalf("%q %v, x/net: %v", fragment, failed, err)
			}
		case h2wire.RSTStream:
			if err != nil || uint32(theirs.(*http2.RSTStreamFrame).ErrCode) != uint32(h2wire.ResetCode(payload)) {
				t.Fatal(err)
			}
		case h2wire.WindowUpdate:
			if n := h2wire.Increment(payload); (n == 0) != (err != nil) || n > 0 && theirs.(*http2.WindowUpdateFrame).Increment != n {
				t.Fatalf("%d, x/net: %v", n, err)
			}
		case h2wire.GoAway:
			last, why, debug := h2wire.ParseGoAway(payload)
			g, ok := theirs.(*http2.GoAwayFrame)
			if !ok || g.LastStreamID != last || uint32(g.ErrCode) != uint32(why) || !bytes.Equal(g.DebugData(), debug) {
				t.Fatalf("%d %v %q, x/net: %v", last, why, debug, err)
			}
		case h2wire.Settings:
			settings(t, h, payload, theirs, err)
		}
	})
}

func settings(t *testing.T, h h2wire.Header, payload []byte, theirs http2.Frame, err error) {
	var all []h2wire.Setting
	failed := h2wire.EachSetting(payload, func(s h2wire.Setting) error {
		all = append(all, s)
		return nil
	})
	if failed != nil {
		code(t, failed)
		return
	}
	if err != nil {
		return // x/net refuses settings that occur twice
	}
	got := h2wire.AppendSettings(nil, all...)[h2wire.HeaderSize:]
	if !bytes.Equal(got, payload) || theirs.(*http2.SettingsFrame).NumSettings() != len(all) {
		t.Fatalf("%x, want %x", got, payload)
	}
}

// code checks that an error says how the stream or the connection ends.
func code(t *testing.T, err error) {
	var c *h2wire.ConnError
	var s *h2wire.StreamError
	if !errors.As(err, &c) && !errors.As(err, &s) || err.Error() == "" {
		t.Fatalf("%T %v", err, err)
	}
}

// TestAppended: x/net's Framer reads what is appended.
func TestAppended(t *testing.T) {
	block := bytes.Repeat([]byte{0x82}, 40000)
	out := h2wire.EndBlock(append(make([]byte, h2wire.HeaderSize), block...), 0, 3, true, 1<<14)
	framer := http2.NewFramer(nil, bytes.NewReader(out))
	var got []byte
	for i := 0; ; i++ {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		switch frame := frame.(type) {
		case *http2.HeadersFrame:
			if i != 0 || !frame.StreamEnded() || frame.StreamID != 3 {
				t.Errorf("%v", frame)
			}
			got = append(got, frame.HeaderBlockFragment()...)
		case *http2.ContinuationFrame:
			got = append(got, frame.HeaderBlockFragment()...)
			if frame.HeadersEnded() {
				if !bytes.Equal(got, block) || i != 2 {
					t.Errorf("%d bytes in %d frames", len(got), i+1)
				}
				return
			}
		}
	}
}

func TestWindow(t *testing.T) {
	w := h2wire.Window(h2wire.DefaultWindow)
	if w.Add(h2wire.MaxWindow) || w != h2wire.DefaultWindow {
		t.Error("the window overflows")
	}
	if !w.Add(h2wire.MaxWindow-h2wire.DefaultWindow) || w.Room() != h2wire.MaxWindow {
		t.Error("the window cannot be as large as it may be")
	}
	w = 5
	if !w.Add(-10) || w.Room() != 0 || !w.Add(6) || w.Room() != 1 {
		t.Error("a window that is negative")
	}
	w.Take(1)
	if w != 0 {
		t.Error(w)
	}
}

func TestQuota(t *testing.T) {
	q := h2wire.NewQuota(100)
	if !q.Take(100) || q.Take(1) {
		t.Error("a quota of 100")
	}
	if q.Give(49) != 0 || q.Take(1) || q.Give(1) != 50 || !q.Take(50) || q.Take(1) || q.Give(0) != 0 {
		t.Error("half of it is used")
	}
}

func TestCode(t *testing.T) {
	for c, want := range map[h2wire.Code]string{0: "NO_ERROR", 0xd: "HTTP_1_1_REQUIRED", 0xe: "code 0xe", 0xffffffff: "code 0xffffffff"} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
