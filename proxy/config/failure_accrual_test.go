package config_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/router/balance"
)

// noted is what the kinds of a file have built.
type noted struct {
	accruals []balance.Accrual
	backoffs []balance.Backoff
}

// noting gives each of a family's kinds one that notes what it builds.
func noting[T any](kinds map[string]func(*config.Decoder) (config.Part[T], error), note func(T)) {
	for name, read := range kinds {
		kinds[name] = func(d *config.Decoder) (config.Part[T], error) {
			part, err := read(d)
			return func(o config.BuildOptions) (T, error) {
				made, err := part(o)
				note(made)
				return made, err
			}, err
		}
	}
}

func (n *noted) build(t *testing.T, text string) {
	t.Helper()
	kinds := config.Builtin()
	noting(kinds.FailureAccruals, func(a balance.Accrual) { n.accruals = append(n.accruals, a) })
	noting(kinds.Backoffs, func(b balance.Backoff) { n.backoffs = append(n.backoffs, b) })
	build(t, text, kinds, config.BuildOptions{})
}

// TestFailureAccrual: a success each second for half a minute, and then
// failures: at which of them an endpoint is dead.
func TestFailureAccrual(t *testing.T) {
	for _, row := range []struct {
		keys string
		dead int // 0: never
	}{
		{"kind: none", 0},
		{"kind: io.l5d.consecutiveFailures, failures: 3", 3},
		{"kind: io.l5d.consecutiveFailures, failures: 1", 1},
		{"kind: io.l5d.successRate, successRate: 0.9, requests: 10", 2},   // each failure takes 9.5 %
		{"kind: io.l5d.successRate, successRate: 0.1, requests: 10", 24},  // ln(0.1) / 0.1
		{"kind: io.l5d.successRate, successRate: 0.9, requests: 100", 70}, // not before a hundred
		{"kind: io.l5d.successRate, successRate: 0, requests: 1", 0},
		{"kind: io.l5d.successRateWindowed, successRate: 0.9, window: 10", 2},
		{"kind: io.l5d.successRateWindowed, successRate: 0.1, window: 10", 24},
		{"kind: io.l5d.successRateWindowed, successRate: '1', window: 40", 11}, // not before the window has passed
	} {
		t.Run(row.keys, func(t *testing.T) {
			var n noted
			n.build(t, valid+"  client: {failureAccrual: {"+row.keys+"}}\n")
			if len(n.accruals) != 1 || len(n.backoffs) != 0 {
				t.Fatalf("%d accruals, %d backoffs", len(n.accruals), len(n.backoffs))
			}
			synctest.Test(t, func(t *testing.T) {
				policy := n.accruals[0].Policy()
				if policy == nil {
					if row.dead != 0 {
						t.Error("no endpoint is ever dead")
					}
					return
				}
				for range 30 {
					policy.Success()
					time.Sleep(time.Second)
				}
				dead := 0
				for i := 1; i < 300 && dead == 0; i++ {
					if policy.Failure() {
						dead = i
					}
					time.Sleep(time.Second)
				}
				if dead != row.dead {
					t.Errorf("it is dead after %d failures, want %d", dead, row.dead)
				}
			})
		})
	}
}

// TestBackoff: the bounds of the first and of a later wait.
func TestBackoff(t *testing.T) {
	for _, row := range []struct {
		keys              string
		first, least, top time.Duration
	}{
		{"kind: constant", 0, 0, 0},
		{"kind: constant, ms: 1500", 1500 * time.Millisecond, 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"kind: jittered, minMs: 5000, maxMs: 300000", 5 * time.Second, 5 * time.Second, 300 * time.Second},
		{"kind: jittered, minMs: 7, maxMs: '7'", 7 * time.Millisecond, 7 * time.Millisecond, 7 * time.Millisecond},
	} {
		var n noted
		n.build(t, valid+"  client: {failureAccrual: {kind: none, backoff: {"+row.keys+"}}}\n")
		if len(n.backoffs) != 1 {
			t.Fatalf("%s: %d backoffs", row.keys, len(n.backoffs))
		}
		wait := n.backoffs[0].Wait(0, 0)
		if wait != row.first {
			t.Errorf("%s: waits %v first", row.keys, wait)
		}
		for i := range 100 {
			if wait = n.backoffs[0].Wait(i+1, wait); wait < row.least || wait > row.top {
				t.Errorf("%s: waits %v", row.keys, wait)
			}
		}
	}
}

// TestKindsOfOnesOwn: a program adds an accrual and a backoff, which read their
// own keys.
func TestKindsOfOnesOwn(t *testing.T) {
	kinds := config.Builtin()
	var got []string
	kinds.FailureAccruals["mine"] = func(d *config.Decoder) (config.Part[balance.Accrual], error) {
		got = append(got, fmt.Sprint(d.Int("a", 0, 0, 9)))
		return config.Ready(balance.NoAccrual()), nil
	}
	kinds.Backoffs["mine"] = func(d *config.Decoder) (config.Part[balance.Backoff], error) {
		got = append(got, fmt.Sprint(d.Int("b", 0, 0, 9)))
		return config.Ready(balance.ConstantBackoff(0)), nil
	}
	build(t, valid+"  client: {failureAccrual: {kind: mine, a: 1, backoff: {kind: mine, b: 2}}}\n", kinds, config.BuildOptions{})
	if strings.Join(got, " ") != "2 1" {
		t.Errorf("read %v", got)
	}
}
