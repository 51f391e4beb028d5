package ctxhdr_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

const (
	narrow = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="
	wide   = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAZGOsNcn2QTrQ=="
)

// name makes the name of a subtest, after the vector of the specification
// that it is about.
func name(vector, what string) string {
	if vector == "" {
		return what
	}
	return "vector " + vector + ": " + what
}

func TestParseTraceID(t *testing.T) {
	child := func(flags uint64) ctxhdr.TraceID {
		return ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: flags}
	}
	for _, tt := range []struct {
		vector, what, in string
		want             ctxhdr.TraceID
		sampled, decided bool
		root             bool
		reqID            string
	}{
		{vector: "2", what: "sampled child", in: narrow, want: child(6), sampled: true, decided: true, reqID: "0000000000000001"},
		{vector: "3", what: "not sampled", in: "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAI=", want: child(2), decided: true, reqID: "0000000000000001"},
		{vector: "3", what: "undecided", in: "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAA=", want: child(0), reqID: "0000000000000001"},
		{vector: "3", what: "debug", in: "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAE=", want: child(1), sampled: true, decided: true, reqID: "0000000000000001"},
		{vector: "4", what: "128-bit trace id", in: wide,
			want:    ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: 6, TraceHigh: 0x463ac35c9f6413ad, Wide: true},
			sampled: true, decided: true, reqID: "0000000000000001"},
		{vector: "5", what: "root", in: "AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAA=",
			want: ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 1}, root: true, reqID: "0000000000000001"},
		{vector: "6", what: "seen in the wild", in: "vYKCjy8tCNLy/XgAXXVrDvL9eABddWsOAAAAAAAAAAA=",
			want:  ctxhdr.TraceID{Span: 0xbd82828f2f2d08d2, Parent: 0xf2fd78005d756b0e, Trace: 0xf2fd78005d756b0e},
			reqID: "f2fd78005d756b0e"},
		{what: "every bit set", in: strings.Repeat("/", 42) + "8=",
			want:    ctxhdr.TraceID{Span: ^uint64(0), Parent: ^uint64(0), Trace: ^uint64(0), Flags: ^uint64(0)},
			sampled: true, decided: true, root: true, reqID: "ffffffffffffffff"},
		{what: "sampled bit without the known bit", in: "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAQ=", want: child(4), reqID: "0000000000000001"},
		{what: "wide with a zero high half", in: "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAYAAAAAAAAAAA==",
			want:    ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: 6, Wide: true},
			sampled: true, decided: true, reqID: "0000000000000001"},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			got, err := ctxhdr.ParseTraceID(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ParseTraceID(%q) (-want +got):\n%s", tt.in, diff)
			}
			if sampled, decided := got.Sampled(); sampled != tt.sampled || decided != tt.decided {
				t.Errorf("Sampled() = %v, %v, want %v, %v", sampled, decided, tt.sampled, tt.decided)
			}
			if got.IsRoot() != tt.root {
				t.Errorf("IsRoot() = %v", got.IsRoot())
			}
			if got.ReqID() != tt.reqID {
				t.Errorf("ReqID() = %q, want %q", got.ReqID(), tt.reqID)
			}
			if got.String() != tt.in {
				t.Errorf("String() = %q, want what was parsed, %q", got.String(), tt.in)
			}
			bare, err := ctxhdr.ParseTraceID(strings.TrimRight(tt.in, "="))
			if err != nil || bare != got {
				t.Errorf("without padding: %v, %v, want the same", bare, err)
			}
		})
	}
}

func TestParseTraceIDRejects(t *testing.T) {
	encode := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, tt := range []struct{ vector, what, in string }{
		{"7", "text of another length", base64.StdEncoding.EncodeToString([]byte("not-a-trace"))},
		{"7", "empty", ""},
		{"7", "31 bytes", encode(31)},
		{"7", "33 bytes", encode(33)},
		{"7", "39 bytes", encode(39)},
		{"7", "41 bytes", encode(41)},
		{"7", "64 bytes", encode(64)},
		{"", "URL-safe alphabet", "vYKCjy8tCNLy_XgAXXVrDvL9eABddWsOAAAAAAAAAAA="},
		{"", "too much padding", narrow + "="},
		{"", "half of the padding of a wide id", wide[:len(wide)-1]},
		{"", "padding only", strings.Repeat("=", 44)},
		{"", "padding in the middle", narrow[:20] + "=" + narrow[21:]},
		{"", "leading space", " " + narrow[:43]},
		{"", "trailing line break", narrow[:43] + "\n"},
		{"", "line break in place of a digit", narrow[:42] + "\n="},
		{"", "carriage return inside a wide id", wide[:10] + "\r" + wide[11:]},
		{"", "not ASCII", narrow[:41] + "é="},
		{"", "very long", strings.Repeat("A", 1<<20)},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			got, err := ctxhdr.ParseTraceID(tt.in)
			if err == nil {
				t.Fatalf("ParseTraceID(%q) = %v, want an error", tt.in, got)
			}
			if len(err.Error()) > 500 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			h := http.Header{ctxhdr.TraceName: {tt.in}}
			if got, ok := ctxhdr.Trace(h); ok {
				t.Errorf("Trace = %v, want nothing", got)
			}
		})
	}
}

func TestTraceIDEqual(t *testing.T) {
	id := ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 1}
	for _, tt := range []struct {
		vector, what string
		other        ctxhdr.TraceID
		want         bool
	}{
		{"7c", "absent fields are filled in", ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 1}, true},
		{"7c", "flags take no part", ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 1, Flags: 6}, true},
		{"7c", "high half", ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 1, TraceHigh: 9, Wide: true}, false},
		{"", "width", ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 1, Wide: true}, false},
		{"", "span", ctxhdr.TraceID{Span: 2, Parent: 1, Trace: 1}, false},
		{"", "parent", ctxhdr.TraceID{Span: 1, Parent: 2, Trace: 1}, false},
		{"", "trace", ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 2}, false},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			if id.Equal(tt.other) != tt.want || tt.other.Equal(id) != tt.want {
				t.Errorf("Equal = %v, %v, want %v", id.Equal(tt.other), tt.other.Equal(id), tt.want)
			}
		})
	}
	t.Run("a high half implies a wide id", func(t *testing.T) {
		implied, said := ctxhdr.TraceID{TraceHigh: 9}, ctxhdr.TraceID{TraceHigh: 9, Wide: true}
		if !implied.Equal(said) || implied.String() != said.String() {
			t.Errorf("%v and %v differ", implied, said)
		}
	})
}

func TestReqID(t *testing.T) {
	id := ctxhdr.TraceID{Span: 1, Parent: 2, Trace: 123, TraceHigh: 4, Wide: true}
	t.Run("vector 8: it is the trace id, not the span id", func(t *testing.T) {
		if got, want := id.ReqID(), "000000000000007b"; got != want {
			t.Errorf("ReqID() = %q, want %q", got, want)
		}
	})
	t.Run("vector 18: sixteen digits", func(t *testing.T) {
		if got := id.ReqID(); len(got) != 16 {
			t.Errorf("ReqID() = %q", got)
		}
	})
}

func TestTraceHeader(t *testing.T) {
	id := ctxhdr.TraceID{Span: 7, Parent: 7, Trace: 7}
	t.Run("vector 1: set, get, clear", func(t *testing.T) {
		h := http.Header{}
		h.Set(ctxhdr.TraceName, id.String())
		got, ok := ctxhdr.Trace(h)
		if !ok || !got.Equal(id) {
			t.Errorf("Trace = %v, %v, want %v", got, ok, id)
		}
		wire.Del(h, ctxhdr.TraceName)
		if len(h) != 0 {
			t.Errorf("left over: %v", h)
		}
	})
	t.Run("vector 7b: a debug root stays sampled", func(t *testing.T) {
		h := http.Header{}
		root := ctxhdr.TraceID{Flags: ctxhdr.FlagDebug}
		h.Set(ctxhdr.TraceName, root.String())
		got, ok := ctxhdr.Trace(h)
		if !ok || got != root {
			t.Errorf("Trace = %v, %v, want %v", got, ok, root)
		}
		if sampled, decided := got.Sampled(); !sampled || !decided {
			t.Errorf("Sampled() = %v, %v", sampled, decided)
		}
	})
	t.Run("only the first value counts", func(t *testing.T) {
		if got, ok := ctxhdr.Trace(http.Header{ctxhdr.TraceName: {narrow, wide}}); !ok || got.Wide {
			t.Errorf("Trace = %v, %v", got, ok)
		}
		if got, ok := ctxhdr.Trace(http.Header{ctxhdr.TraceName: {"x", narrow}}); ok {
			t.Errorf("Trace = %v, want nothing", got)
		}
	})
	t.Run("lower-case key", func(t *testing.T) {
		if got, ok := ctxhdr.Trace(http.Header{"l5d-ctx-trace": {narrow}}); !ok || got.Span != 3 {
			t.Errorf("Trace = %v, %v", got, ok)
		}
	})
	t.Run("absent", func(t *testing.T) {
		for _, h := range []http.Header{nil, {}, {ctxhdr.TraceName: nil}} {
			if got, ok := ctxhdr.Trace(h); ok {
				t.Errorf("Trace(%v) = %v", h, got)
			}
		}
	})
}

func TestDescribe(t *testing.T) {
	for in, want := range map[string]string{
		narrow: "span 0000000000000003, child of span 0000000000000002, in trace 0000000000000001; sampled (flags 0x6)",
		wide:   "span 0000000000000003, child of span 0000000000000002, in the 128-bit trace 463ac35c9f6413ad0000000000000001; sampled (flags 0x6)",
		"AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAA=": "span 0000000000000001, no parent (a root), in trace 0000000000000001; sampling not decided (flags 0x0)",
		"AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAI=": "span 0000000000000001, no parent (a root), in trace 0000000000000001; not sampled (flags 0x2)",
		"AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAQ=": "span 0000000000000001, no parent (a root), in trace 0000000000000001; sampling not decided, for the sampled bit stands without the known bit (flags 0x4)",
		"AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAk=": "span 0000000000000001, no parent (a root), in trace 0000000000000001; sampled because of the debug flag (flags 0x9, of which 0x8 unknown)",
	} {
		id, err := ctxhdr.ParseTraceID(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := id.Describe(); got != want {
			t.Errorf("Describe of %s:\n got %s\nwant %s", in, got, want)
		}
	}
}
