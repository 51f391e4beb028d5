package trace_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/trace"
)

func samplerWith(t testing.TB, c trace.SamplerConfig) *trace.Sampler {
	t.Helper()
	s, err := trace.NewSamplerWith(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServiceRates(t *testing.T) {
	s := samplerWith(t, trace.SamplerConfig{Rate: 0.5, Services: []trace.ServiceRate{
		{Prefix: "/svc/pay", Rate: 1}, {Prefix: "/svc/pay/refund", Rate: 0}, {Prefix: "/svc/health", Rate: 0}, {Prefix: "/svc/pay/refund/eu", Rate: 0.5},
	}})
	same := sampler(t, 0.5)
	for _, row := range []struct {
		name string
		rate float64
	}{
		{"/svc/pay", 1}, {"/svc/pay/x", 1}, {"/svc/pay/refund", 0}, {"/svc/pay/refund/us", 0}, {"/svc/pay/refunds", 1},
		{"/svc/pay/refund/eu", 0.5}, {"/svc/health", 0}, {"/svc/healthy", 0.5}, {"/svc", 0.5}, {"", 0.5}, {"/svc/other", 0.5},
	} {
		for n := range uint64(64) {
			want := row.rate == 1 || row.rate > 0 && same.Sample(id(n))
			if got := s.SampleNamed(id(n), row.name); got != want {
				t.Errorf("%q, id %d: %v", row.name, n, got)
			}
		}
	}
	if s.Rate() != 0.5 || s.Limited() != 0 {
		t.Errorf("rate %v, %d limited", s.Rate(), s.Limited())
	}
}

// Samplers with equal rules agree about a trace, whatever the order of the rules.
func TestServiceRatesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefixes := []string{"/a", "/a/b", "/a/b/c", "/ab", "/b"}
		var rates, backwards []trace.ServiceRate
		for _, p := range prefixes {
			if rapid.Bool().Draw(t, p) {
				r := trace.ServiceRate{Prefix: p, Rate: rapid.Float64Range(0, 1).Draw(t, p)}
				rates, backwards = append(rates, r), append([]trace.ServiceRate{r}, backwards...)
			}
		}
		rate := rapid.Float64Range(0, 1).Draw(t, "rate")
		a, err := trace.NewSamplerWith(trace.SamplerConfig{Rate: rate, Services: rates})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := trace.NewSamplerWith(trace.SamplerConfig{Rate: rate, Services: backwards})
		trace, name := id(rapid.Uint64().Draw(t, "id")), rapid.SampledFrom(append(prefixes, "/a/b/c/d", "/c", "")).Draw(t, "name")
		if a.SampleNamed(trace, name) != b.SampleNamed(trace, name) {
			t.Fatal("they disagree")
		}
	})
}

func TestSamplerConfig(t *testing.T) {
	for name, c := range map[string]trace.SamplerConfig{
		"rate":              {Rate: 2},
		"rate of a service": {Services: []trace.ServiceRate{{Prefix: "/svc", Rate: -1}}},
		"no prefix":         {Services: []trace.ServiceRate{{Rate: 1}}},
		"the root":          {Services: []trace.ServiceRate{{Prefix: "/", Rate: 1}}},
		"no path":           {Services: []trace.ServiceRate{{Prefix: "svc", Rate: 1}}},
		"a slash behind":    {Services: []trace.ServiceRate{{Prefix: "/svc/", Rate: 1}}},
		"twice":             {Services: []trace.ServiceRate{{Prefix: "/svc", Rate: 1}, {Prefix: "/svc", Rate: 1}}},
		"a negative limit":  {MaxPerSecond: -1},
		"a huge limit":      {MaxPerSecond: 1 << 30},
	} {
		if _, err := trace.NewSamplerWith(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// flood asks a sampler n times, evenly within the time, and returns when what was kept was.
func flood(s *trace.Sampler, random *rand.Rand, n int, within time.Duration) (kept []time.Time, ids []uint64) {
	for range n {
		low := random.Uint64()
		if s.Sample(id(low)) {
			kept, ids = append(kept, time.Now()), append(ids, low)
		}
		time.Sleep(within / time.Duration(n))
	}
	return kept, ids
}

// mostInASecond is the greatest number of times within one second.
func mostInASecond(times []time.Time) (most int) {
	first := 0
	for i, at := range times {
		for at.Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// However many traces come, and whenever, no second has more than the limit; and while about
// as many come, most of the limit is used.
func TestMaxPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 50
		s := samplerWith(t, trace.SamplerConfig{Rate: 1, MaxPerSecond: limit})
		random := rand.New(rand.NewPCG(1, 2))
		var all []time.Time
		asked := 0
		for _, phase := range []struct {
			n       int
			within  time.Duration
			atLeast int
		}{
			{40, time.Second, 40}, // less than the limit
			{20_000, 2 * time.Second, limit},
			{20_000, 20 * time.Second, 16 * limit},
			{100_000, 10 * time.Second, 8 * limit},
			{300, 10 * time.Second, 250}, // the bound is lifted after a second
			{5000, 5 * time.Millisecond, 1},
		} {
			kept, _ := flood(s, random, phase.n, phase.within)
			asked += phase.n
			if len(kept) < phase.atLeast {
				t.Errorf("of %d within %v %d were kept, want at least %d", phase.n, phase.within, len(kept), phase.atLeast)
			}
			all = append(all, kept...)
		}
		if most := mostInASecond(all); most > limit {
			t.Errorf("%d in one second, the limit is %d", most, limit)
		}
		if got := s.Limited(); got != uint64(asked-len(all)) {
			t.Errorf("%d limited, want %d", got, asked-len(all))
		}
	})
}

// What a limit keeps a higher one keeps too, and an equal one keeps the same, once the
// bounds have adapted to what comes; also if the one has spent a second that the other has
// just begun.
func TestLimitsAgree(t *testing.T) {
	for _, row := range []struct{ limit, other int }{{50, 50}, {50, 500}} {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4))
			one := samplerWith(t, trace.SamplerConfig{Rate: 1, MaxPerSecond: row.limit})
			flood(one, random, 500, 500*time.Millisecond)
			two := samplerWith(t, trace.SamplerConfig{Rate: 1, MaxPerSecond: row.other})
			kept, both := 0, 0
			for n := range 20_000 {
				trace := id(random.Uint64())
				first, second := one.Sample(trace), two.Sample(trace)
				if first && n >= 2000 { // the bounds are set
					kept++
					if second {
						both++
					}
				}
				time.Sleep(time.Millisecond)
			}
			// What is missing came when one of them had used up a second before its end.
			if kept < 500 || both < kept*7/10 {
				t.Errorf("%d kept by the limit %d, %d of them by the limit %d", kept, row.limit, both, row.other)
			}
		})
	}
}

// The limit counts what the rates keep, and nothing else.
func TestLimitOfRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := samplerWith(t, trace.SamplerConfig{Rate: 0, Services: []trace.ServiceRate{{Prefix: "/svc/a", Rate: 1}}, MaxPerSecond: 3})
		for n := range uint64(100) {
			if s.SampleNamed(id(n), "/svc/b") {
				t.Error("kept against its rate")
			}
		}
		kept := 0
		for n := range uint64(10) {
			if s.SampleNamed(id(n), "/svc/a") {
				kept++
			}
		}
		if kept != 3 || s.Limited() != 7 {
			t.Errorf("%d kept, %d limited, want 3 and 7", kept, s.Limited())
		}
	})
}

// Many goroutines at once get no more than the limit.
func TestLimitUnderFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := samplerWith(t, trace.SamplerConfig{Rate: 1, MaxPerSecond: 100})
		var mu sync.Mutex
		var all []time.Time
		var wait sync.WaitGroup
		for seed := range uint64(8) {
			wait.Go(func() {
				kept, _ := flood(s, rand.New(rand.NewPCG(seed, 0)), 2000, 4*time.Second)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, kept...)
			})
		}
		wait.Wait()
		if len(all) > 400 || len(all) < 300 {
			t.Errorf("%d kept in 4 s, the limit is 100 a second", len(all))
		}
	})
}
