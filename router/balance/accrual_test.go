package balance_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

type namedAccrual struct {
	name string
	balance.Accrual
}

// accruals returns all kinds, with limits that a single failure does not reach.
func accruals(t testing.TB) []namedAccrual {
	t.Helper()
	return []namedAccrual{
		{"consecutiveFailures", accrual(t)(balance.NewConsecutiveFailures(5))},
		{"successRate", accrual(t)(balance.NewSuccessRate(0.5, 100))},
		{"successRateWindowed", accrual(t)(balance.NewWindowedSuccessRate(0.5, time.Minute))},
		{"none", balance.NoAccrual()},
	}
}

// play gives a policy successes (s), failures (f) and revivals (r), and lets a second
// pass (.). It returns the moves, with an x for each failure that marked the endpoint
// dead.
func play(p balance.Policy, moves string) string {
	var b strings.Builder
	for _, move := range moves {
		switch move {
		case '.':
			time.Sleep(time.Second)
		case 's':
			p.Success()
		case 'r':
			p.Revived()
		case 'f':
			if p.Failure() {
				move = 'x'
			}
		}
		b.WriteRune(move)
	}
	return b.String()
}

func TestPolicies(t *testing.T) {
	three := accrual(t)(balance.NewConsecutiveFailures(3))
	one := accrual(t)(balance.NewConsecutiveFailures(1))
	half := accrual(t)(balance.NewSuccessRate(0.5, 4)) // each request moves the average by 1-exp(-1/4) = 22 %
	all := accrual(t)(balance.NewSuccessRate(1, 4))
	no := accrual(t)(balance.NewSuccessRate(0, 1))
	window := accrual(t)(balance.NewWindowedSuccessRate(0.8, 10*time.Second)) // a second moves it by 9.5 %
	for _, test := range []struct {
		name    string
		accrual balance.Accrual
		want    string
	}{
		{"three in a row", three, "sssffxxx"},
		{"a success between", three, "ffsffsffxsffx"},
		{"a revival resets it", three, "ffrffxrffx"},
		{"one", one, "sxsxrx"},
		{"rate: not before four requests", half, "fffxx"},
		{"rate: successes count as requests", half, "ssssffxx"}, // 1; .78, .61, .47, .37
		{"rate: successes raise it", half, "fffxssssssfxxx"},    // 0; .78 after the successes; .61, .47,
		{"rate: a revival resets it", half, "fffxxrfffx"},
		{"rate: the success of the probe counts", half, "fffxrsffxx"},
		{"rate 1: every failure marks dead", all, "fffxsssxssssssssssssx"},
		{"rate 0: no failure marks dead", no, "ffffff"},
		{"window: not before the window has passed", window, "f.f.f.f.f.f.f.f.f.f.x.x"},
		{"window: not with fewer than five requests", window, "..........ffffxx"},
		{"window: older requests do not count", window, "sssss...............fs...............fssfx"},
		{"window: five requests are enough", window, "..........f..f..f..f..x"},
		{"window: the rate falls and rises with time", window, "s.s.s.s.s.s.s.s.s.s.s.s.f.f.x.x.s.s.s.s.x.s.s.s.s.s.s.s.s.s.s.f"},
		{"window: a revival resets it", window, "...........ffffxrf.f.f.f.f.f.f.f.f.f.x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := play(test.accrual.Policy(), strings.ReplaceAll(test.want, "x", "f")); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		})
	}
}

// TestManyRequests: the count of a window does not wrap around.
func TestManyRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		policy := accrual(t)(balance.NewWindowedSuccessRate(1, 10*time.Second)).Policy()
		time.Sleep(12 * time.Second)
		for range 1<<16 - 1 {
			policy.Success()
		}
		time.Sleep(time.Second)
		if !policy.Failure() {
			t.Error("after 65535 requests within a second, the policy finds too few")
		}
	})
}

// model is a success rate as Finagle stores it: the average itself.
type model struct {
	window, rate float64
	begun        bool
}

func (m *model) observe(success, after float64) float64 {
	if !m.begun {
		m.begun, m.rate = true, success
		return success
	}
	w := math.Exp(-after / m.window)
	m.rate = m.rate*w + success*(1-w)
	return m.rate
}

// TestSuccessRateIsTheAverage compares NewSuccessRate with the model.
func TestSuccessRateIsTheAverage(t *testing.T) {
	for _, window := range []int{1, 2, 10, 1000, 1e6} {
		random := rand.New(rand.NewPCG(1, uint64(window)))
		required := 0.1 + 0.8*random.Float64()
		policy := accrual(t)(balance.NewSuccessRate(required, window)).Policy()
		m := model{window: float64(window)}
		count, judged := 0, 0
		for range 100_000 {
			count++
			if random.Float64() < 0.02+required {
				m.observe(1, 1)
				policy.Success()
				continue
			}
			rate := m.observe(0, 1)
			if got := policy.Failure(); count >= window && math.Abs(rate-required) > 1e-9 {
				if judged++; got != (rate < required) {
					t.Fatalf("window %d: at request %d with %v of %v the endpoint is dead: %v", window, count, rate, required, got)
				}
			}
		}
		if judged == 0 && window < 100_000 {
			t.Errorf("window %d: nothing was compared", window)
		}
	}
}

// TestWindowedSuccessRateIsTheAverage compares NewWindowedSuccessRate with the model.
func TestWindowedSuccessRateIsTheAverage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window = 30 * time.Second
		random := rand.New(rand.NewPCG(1, 2))
		policy := accrual(t)(balance.NewWindowedSuccessRate(0.8, window)).Policy()
		m := model{window: float64(window)}
		start, last := time.Now(), time.Now()
		dead, judged := 0, 0
		for range 50_000 {
			time.Sleep(time.Duration(random.ExpFloat64() * float64(300*time.Millisecond)))
			after := float64(time.Since(last))
			last = time.Now()
			if random.Float64() < 0.82 {
				m.observe(1, after)
				policy.Success()
				continue
			}
			rate := m.observe(0, after)
			got := policy.Failure()
			if time.Since(start) < window || math.Abs(rate-0.8) < 1e-9 {
				continue
			}
			judged++
			if got != (rate < 0.8) {
				t.Fatalf("after %v with %v the endpoint is dead: %v", time.Since(start), rate, got)
			}
			if got {
				dead++
			}
		}
		if dead == 0 || dead == judged {
			t.Errorf("%d of %d failures marked the endpoint dead: nothing was compared", dead, judged)
		}
	})
}

func TestAccrualErrors(t *testing.T) {
	for _, test := range []struct {
		make func() (balance.Accrual, error)
		want string
	}{
		{func() (balance.Accrual, error) { return balance.NewConsecutiveFailures(0) }, "balance: consecutive failures must be at least 1, not 0"},
		{func() (balance.Accrual, error) { return balance.NewSuccessRate(1.1, 5) }, "balance: success rate must be from 0 to 1, not 1.1"},
		{func() (balance.Accrual, error) { return balance.NewSuccessRate(math.NaN(), 5) }, "balance: success rate must be from 0 to 1, not NaN"},
		{func() (balance.Accrual, error) { return balance.NewSuccessRate(0.5, 0) }, "balance: success rate: requests must be at least 1, not 0"},
		{func() (balance.Accrual, error) { return balance.NewWindowedSuccessRate(-1, time.Second) }, "balance: windowed success rate must be from 0 to 1, not -1"},
		{func() (balance.Accrual, error) { return balance.NewWindowedSuccessRate(1, time.Millisecond-1) }, "balance: windowed success rate: the window must be at least a millisecond, not 999.999µs"},
		{func() (balance.Accrual, error) { return balance.NewWindowedSuccessRate(1, 0) }, "balance: windowed success rate: the window must be at least a millisecond, not 0s"},
	} {
		if _, err := test.make(); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
	if _, err := balance.NewWindowedSuccessRate(1, time.Millisecond); err != nil {
		t.Errorf("a window of a millisecond: %v", err)
	}
}
