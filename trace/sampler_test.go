package trace_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/trace"
)

func sampler(t testing.TB, rate float64) *trace.Sampler {
	t.Helper()
	s, err := trace.NewSampler(rate)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func id(low uint64) (id oteltrace.TraceID) {
	for i := range 8 {
		id[15-i] = byte(low >> (8 * i))
	}
	return id
}

func TestSampler(t *testing.T) {
	for _, row := range []struct {
		vector string
		rate   float64
		want   bool
	}{
		{"14", 0, false}, {"14", 1, true},
		{"15", 0, false}, {"15", 1, true},
	} {
		t.Run(vectorName(row.vector, strconv.FormatFloat(row.rate, 'g', -1, 64)), func(t *testing.T) {
			s := sampler(t, row.rate)
			for n := range uint64(99) {
				if got := s.Sample(id(n + 1)); got != row.want {
					t.Errorf("id %d: %v", n+1, got)
				}
			}
		})
	}
}

func TestSamplerRefusesRates(t *testing.T) {
	for _, rate := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		if s, err := trace.NewSampler(rate); err == nil {
			t.Errorf("rate %v: got %v", rate, s)
		}
	}
}

// A rate of 0.001 keeps 1000 of a million ids, give or take three standard
// deviations, whether they are random or not.
func TestSamplerKeepsItsRate(t *testing.T) {
	const n, rate = 1_000_000, 0.001
	random := rand.New(rand.NewPCG(1, 2))
	for name, next := range map[string]func(i int) uint64{
		"random ids":     func(int) uint64 { return random.Uint64() },
		"sequential ids": func(i int) uint64 { return uint64(i) },
		"ids by time":    func(i int) uint64 { return 1489504166<<32 | uint64(i)<<12 },
	} {
		t.Run(name, func(t *testing.T) {
			s := sampler(t, rate)
			kept := 0
			for i := range n {
				if s.Sample(id(next(i))) {
					kept++
				}
			}
			if off := math.Abs(float64(kept) - n*rate); off > 3*math.Sqrt(n*rate*(1-rate)) {
				t.Errorf("kept %d of %d", kept, n)
			}
		})
	}
}

func TestSamplersAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.Float64Range(0, 1).Draw(t, "rate"), rapid.Float64Range(0, 1).Draw(t, "rate")
		low, high = min(low, high), max(low, high)
		a, _ := trace.NewSampler(low)
		b, _ := trace.NewSampler(low)
		more, _ := trace.NewSampler(high)
		short := id(rapid.Uint64().Draw(t, "id"))
		long := short
		long[0] = rapid.Byte().Draw(t, "high")
		if a.Sample(short) != b.Sample(long) {
			t.Fatal("two samplers disagree about one trace")
		}
		if a.Sample(short) && !more.Sample(short) {
			t.Fatal("the higher rate drops what the lower one keeps")
		}
	})
}
