package ctxhdr_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"pgregory.net/rapid"
)

func anyTraceID(t *rapid.T) ctxhdr.TraceID {
	id := ctxhdr.TraceID{
		Span:   rapid.Uint64().Draw(t, "span"),
		Parent: rapid.Uint64().Draw(t, "parent"),
		Trace:  rapid.Uint64().Draw(t, "trace"),
		Flags:  rapid.Uint64().Draw(t, "flags"),
		Wide:   rapid.Bool().Draw(t, "wide"),
	}
	if id.Wide {
		id.TraceHigh = rapid.Uint64().Draw(t, "high")
	}
	return id
}

func anyDeadline(t *rapid.T) ctxhdr.Deadline {
	ns := rapid.Int64()
	return ctxhdr.Deadline{
		Timestamp: time.Unix(0, ns.Draw(t, "timestamp")).UTC(),
		Deadline:  time.Unix(0, ns.Draw(t, "deadline")).UTC(),
	}
}

func TestLawTraceIDRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := anyTraceID(t)
		h := http.Header{}
		h.Set(ctxhdr.TraceName, id.String())
		wire.LowerNames(h)
		if got, ok := ctxhdr.Trace(h); !ok || got != id {
			t.Fatalf("%+v became %+v, %v", id, got, ok)
		}
		b, err := id.AppendText([]byte("x"))
		if err != nil || string(b) != "x"+id.String() {
			t.Fatalf("AppendText: %q, %v", b, err)
		}
	})
}

func TestLawDeadlineRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDeadline(t)
		if got, ok := deadline(d.String()); !ok || got != d {
			t.Fatalf("%v became %v, %v", d, got, ok)
		}
	})
}

func TestLawDeadlineCombine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyDeadline(t), anyDeadline(t), anyDeadline(t)
		if a.Combine(b) != b.Combine(a) {
			t.Fatal("not commutative")
		}
		if a.Combine(b).Combine(c) != a.Combine(b.Combine(c)) {
			t.Fatal("not associative")
		}
		if a.Combine(a) != a {
			t.Fatal("not idempotent")
		}
		h := http.Header{wire.DeadlineName: {a.String(), b.String(), c.String()}}
		if got, ok := ctxhdr.Deadlines(h); !ok || got != a.Combine(b).Combine(c) {
			t.Fatalf("Deadlines = %v, %v", got, ok)
		}
	})
}

func TestLawErrRoundTrips(t *testing.T) {
	latin1 := rapid.StringOf(rapid.Map(rapid.Byte(), func(b byte) rune { return rune(b) }))
	rapid.Check(t, func(t *rapid.T) {
		msg := latin1.Draw(t, "msg")
		maxBytes := rapid.IntRange(1, 100).Draw(t, "maxBytes")
		whole := wire.EncodeErr(msg, 1<<20)
		if got, err := ctxhdr.DecodeErr(whole); err != nil || got != msg {
			t.Fatalf("%q became %q, %v", msg, got, err)
		}
		cut := wire.EncodeErr(msg, maxBytes)
		if cut != whole[:min(len(whole), maxBytes)] {
			t.Fatalf("%q cut to %d bytes is %q", whole, maxBytes, cut)
		}
		if got, err := ctxhdr.DecodeErr(cut); err != nil || !strings.HasPrefix(msg, got) {
			t.Fatalf("%q decodes to %q, %v, no prefix of %q", cut, got, err, msg)
		}
	})
}

func TestLawForwardAndClear(t *testing.T) {
	keys := rapid.SampledFrom([]string{
		"L5d-Ctx-Trace", "l5d-ctx-trace", "L5d-Ctx-Dtab", "l5d-ctx-dtab", "L5d-Ctx-X", "l5d-ctx-x", "L5D-CTX-Y",
		"L5d-Dtab", "l5d-sample", "L5d-Ct", "Accept", "X-B3-Traceid", "",
	})
	anyHeader := rapid.MapOf(keys, rapid.SliceOfN(rapid.String(), 0, 3))
	rapid.Check(t, func(t *rapid.T) {
		src, dst := http.Header(anyHeader.Draw(t, "src")), http.Header(anyHeader.Draw(t, "dst"))
		ctxhdr.Forward(dst, src)
		once := dst.Clone()
		ctxhdr.Forward(dst, src)
		if len(once) != len(dst) {
			t.Fatalf("forwarding twice: %v, once: %v", dst, once)
		}
		for k, v := range src {
			if strings.HasPrefix(strings.ToLower(k), "l5d-ctx-") && len(v) > 0 && len(dst[http.CanonicalHeaderKey(k)]) < len(v) {
				t.Fatalf("%s was not forwarded: %v", k, dst)
			}
		}
		wire.LowerNames(dst)
		ctxhdr.Clear(dst)
		for k := range dst {
			if strings.HasPrefix(strings.ToLower(k), "l5d-") {
				t.Fatalf("%s was not cleared", k)
			}
		}
	})
}
