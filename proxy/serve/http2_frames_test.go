package serve_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/proxy/serve"
)

// FuzzFrames compares the frames that are seen in pieces of any length with those that
// x/net's framer reads.
func FuzzFrames(f *testing.F) {
	var text bytes.Buffer
	framer := http2.NewFramer(&text, nil)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 20})
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("abc")})
	_ = framer.WriteContinuation(1, true, []byte("d"))
	_ = framer.WriteData(1, true, make([]byte, 300))
	_ = framer.WriteRSTStream(1<<31-1, http2.ErrCodeCancel)
	f.Add(text.Bytes(), uint8(7))
	f.Add(text.Bytes()[:len(text.Bytes())-2], uint8(1))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(9))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		got, between := serve.Frames(slices.Collect(slices.Chunk(text, int(size)+1)))
		var want []string
		whole, inHeader := true, false
		for left := text; len(left) > 0; {
			h, err := http2.ReadFrameHeader(bytes.NewReader(left))
			if whole = err == nil && len(left) >= 9+int(h.Length); err != nil {
				break
			}
			want = append(want, fmt.Sprintf("{%d %d %d %d}", h.Length, h.Type, h.Flags, h.StreamID))
			switch h.Type {
			case http2.FrameHeaders, http2.FramePushPromise, http2.FrameContinuation:
				inHeader = !h.Flags.Has(http2.FlagHeadersEndHeaders)
			}
			left = left[min(9+int(h.Length), len(left)):]
		}
		if !slices.Equal(got, want) || between != (whole && !inHeader) {
			t.Errorf("%q, %v, want %q, %v and %v", got, between, want, whole, inHeader)
		}
	})
}
