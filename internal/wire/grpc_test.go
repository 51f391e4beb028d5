package wire_test

import (
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
)

func TestIsGRPC(t *testing.T) {
	for value, want := range map[string]bool{
		"application/grpc": true, "application/grpc+proto": true, "Application/GRPC; x": true, "application/grpc-web": true,
		"application/grp": false, "": false, "text/plain": false,
	} {
		for _, name := range []string{"Content-Type", "content-type"} {
			if got := wire.IsGRPC(http.Header{name: {value}}); got != want {
				t.Errorf("%s: %q is %t", name, value, got)
			}
		}
	}
	if wire.IsGRPC(nil) {
		t.Error("no header at all")
	}
}

func TestGRPCTimeout(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration // negative: none
		back string        // as it is written again; "": the same
	}{
		{"1H", time.Hour, "3600000m"}, {"2M", 2 * time.Minute, "120000m"}, {"3S", 3 * time.Second, "3000000u"},
		{"4m", 4 * time.Millisecond, "4000000n"}, {"5u", 5 * time.Microsecond, "5000n"}, {"6n", 6, ""},
		{"0S", 0, "0n"}, {"99999999n", 99999999, ""}, {"99999999H", math.MaxInt64, "2562047H"}, {"99999999M", 99999999 * time.Minute, ""},
		{"100000000n", -1, ""}, {"1", -1, ""}, {"H", -1, ""}, {"-1S", -1, ""}, {"+1S", -1, ""}, {"1.5S", -1, ""}, {"1s", -1, ""}, {"", -1, ""}, {" 1S", -1, ""},
	} {
		got, ok := wire.GRPCTimeout(http.Header{"Grpc-Timeout": {row.text}})
		if ok != (row.want >= 0) || ok && got != row.want {
			t.Errorf("%q is %v, %t", row.text, got, ok)
		}
		if back := wire.EncodeGRPCTimeout(got); ok && back != row.back && (row.back != "" || back != row.text) {
			t.Errorf("%v is %q", got, back)
		}
	}
	if got := wire.EncodeGRPCTimeout(-time.Second); got != "0n" {
		t.Errorf("a time that is up is %q", got)
	}
	if got := wire.EncodeGRPCTimeout(math.MaxInt64); got != "2562047H" {
		t.Errorf("the longest time is %q", got)
	}
}

func TestEncodeGRPCMessage(t *testing.T) {
	for _, row := range []struct {
		text  string
		limit int
		want  string
	}{
		{"all is well.", 100, "all is well."}, {"100 %\n\x7fä", 100, "100 %25%0A%7F%C3%A4"},
		{"abc", 2, "ab"}, {"a\nb", 3, "a"}, {"a\nb", 4, "a%0A"}, {"abc", 0, ""}, {"abc", -1, ""},
	} {
		if got := wire.EncodeGRPCMessage(row.text, row.limit); got != row.want {
			t.Errorf("%q in %d is %q, want %q", row.text, row.limit, got, row.want)
		}
	}
}

// FuzzGRPC: what is written can be read again, and is within its bounds.
func FuzzGRPC(f *testing.F) {
	f.Add("1S", "all is well", 10)
	f.Add("99999999H", "100 %\n\x7fä", 7)
	f.Fuzz(func(t *testing.T, timeout, message string, limit int) {
		limit = min(limit, 1<<16)
		if d, ok := wire.GRPCTimeout(http.Header{"Grpc-Timeout": {timeout}}); ok {
			again, ok := wire.GRPCTimeout(http.Header{"Grpc-Timeout": {wire.EncodeGRPCTimeout(d)}})
			// A unit is a thousand of the next finer one at most, of which there are 10^8 or
			// more when it is used: 10^5 units, one of which at most is lost.
			if !ok || again > d || d-again > d/99_999 {
				t.Errorf("%q is %v and then %v", timeout, d, again)
			}
		}
		got := wire.EncodeGRPCMessage(message, limit)
		if len(got) > max(limit, 0) {
			t.Errorf("%d bytes of %d", len(got), limit)
		}
		if read, err := url.PathUnescape(got); err != nil || !strings.HasPrefix(message, read) {
			t.Errorf("%q is read as %q, %v", message, read, err)
		}
		for i := range len(got) {
			if got[i] < ' ' || got[i] > '~' {
				t.Errorf("%q", got)
			}
		}
	})
}
