package wire_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
)

func FuzzSample(f *testing.F) {
	for _, s := range []string{"yes", "-3", "0", "0.2", "1", "1.5", "NaN", "Infinity", "-Infinity", "0x1p-2", "1e-1f", ".5D", "0x1.8p0d", " 1 ", "1_0", "1e999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rate, ok := wire.Sample(http.Header{wire.SampleName: {s}})
		if math.IsNaN(rate) || rate < 0 || rate > 1 || !ok && rate != 0 {
			t.Fatalf("Sample of %q = %v, %v", s, rate, ok)
		}
		if ok && strings.ContainsAny(s, "_N") {
			t.Fatalf("Sample read %q", s)
		}
	})
}
