package ctxhdr_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

func FuzzParseTraceID(f *testing.F) {
	for _, s := range []string{narrow, wide, narrow[:43], wide[:54], narrow + "=", "bm90LWEtdHJhY2U=", "", "vYKCjy8tCNLy_XgAXXVrDvL9eABddWsOAAAAAAAAAAA=", narrow[:42] + "\r="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ctxhdr.ParseTraceID(s)
		fromHeader, ok := ctxhdr.Trace(http.Header{ctxhdr.TraceName: {s}})
		if ok != (err == nil) || ok && fromHeader != id {
			t.Fatalf("Trace and ParseTraceID do not agree on %q", s)
		}
		if err != nil {
			return
		}
		again, err := ctxhdr.ParseTraceID(id.String())
		if err != nil || again != id {
			t.Fatalf("%q: %+v prints as %q, which is %+v, %v", s, id, id, again, err)
		}
		_ = id.Describe()
	})
}

func FuzzDeadlines(f *testing.F) {
	for _, s := range []string{"1500000000123456789 1500000005123456789", "1 2 3", " 1 2", "1  2", "1", "", "+1 -2", "-9223372036854775808 9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := deadline(s)
		if !ok {
			return
		}
		if again, ok := deadline(d.String()); !ok || again != d {
			t.Fatalf("%q: %v prints as %q, which is %v, %v", s, d, d, again, ok)
		}
	})
}

func FuzzDecodeErr(f *testing.F) {
	for _, s := range []string{"foo%0Abar", "a+b", "%", "%0", "%zz", "é", "\xff", "%E9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		msg, err := ctxhdr.DecodeErr(s)
		if err != nil {
			return
		}
		if again, err := ctxhdr.DecodeErr(wire.EncodeErr(msg, 3*len(s)+1)); err != nil || again != msg {
			t.Fatalf("%q decodes to %q, which comes back as %q, %v", s, msg, again, err)
		}
	})
}

func FuzzEncodeErr(f *testing.F) {
	f.Add("foo\nbar", 0)
	f.Add("\xff😀é", 4)
	f.Fuzz(func(t *testing.T, msg string, maxBytes int) {
		s := wire.EncodeErr(msg, maxBytes)
		if maxBytes > 0 && len(s) > maxBytes || maxBytes <= 0 && len(s) > 8<<10 {
			t.Fatalf("%d bytes, at most %d allowed", len(s), maxBytes)
		}
		for _, c := range []byte(s) {
			if c <= ' ' || c >= 0x7f {
				t.Fatalf("byte %#x in %q", c, s)
			}
		}
		if _, err := ctxhdr.DecodeErr(s); err != nil {
			t.Fatal(err)
		}
	})
}
