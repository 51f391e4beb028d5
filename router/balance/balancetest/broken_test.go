package balancetest_test

import (
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

// broken is an implementation that breaks a rule, and the check that must fail.
type broken struct {
	name, check string
	test        func(*testing.T)
}

func balancer(name, check string, b balance.Balancer) broken {
	return broken{name, check, func(t *testing.T) {
		balancetest.TestBalancer(t, func(*testing.T) balance.Balancer { return b })
	}}
}

func accrual(name, check string, a balance.Accrual) broken {
	return broken{name, check, func(t *testing.T) {
		balancetest.TestAccrual(t, func(*testing.T) balance.Accrual { return a })
	}}
}

func backoff(name, check string, b balance.Backoff) broken {
	return broken{name, check, func(t *testing.T) { balancetest.TestBackoff(t, b) }}
}

func allBroken() []broken {
	return []broken{
		balancer("the first", "unfinished_requests_go_to_all_endpoints", &balancetest.Balancer{}),
		balancer("the last", "dead_endpoints_are_skipped", pickFunc(func(set []*balance.Endpoint) *balance.Endpoint { return set[len(set)-1] })),
		balancer("a stranger", "an_endpoint_of_the_set_is_picked", pickFunc(func([]*balance.Endpoint) *balance.Endpoint { return new(balance.Endpoint) })),
		balancer("nil", "one_is_picked_if_all_are_dead", pickFunc(func(set []*balance.Endpoint) *balance.Endpoint {
			return slices.Concat(open(set), []*balance.Endpoint{nil})[0]
		})),
		balancer("never again", "a_dead_endpoint_is_probed", pickFunc(func(set []*balance.Endpoint) *balance.Endpoint { return set[0] })),
		balancer("sorted", "the_slice_is_not_modified", pickFunc(func(set []*balance.Endpoint) *balance.Endpoint {
			slices.Reverse(set)
			return set[0]
		})),
		balancer("allocating", "picking_does_not_allocate", pickFunc(func(set []*balance.Endpoint) *balance.Endpoint {
			return slices.Concat(open(set), set)[0]
		})),
		accrual("one for all", "policies_share_no_state", &shared{}),
		accrual("never reset", "a_revival_resets_the_policy", neverReset{}),
		accrual("allocating", "success_does_not_allocate", allocating{}),
		backoff("negative", "waits_are_not_negative", backoffFunc(func(n int, _ time.Duration) time.Duration { return time.Duration(5 - n) })),
		backoff("overflows", "extreme_arguments", backoffFunc(func(n int, previous time.Duration) time.Duration { return max(previous, 1) * 2 })),
	}
}

// TestBroken checks that the conformance tests fail for broken implementations. Each of
// them is tested in a process of its own, because its test fails.
func TestBroken(t *testing.T) {
	const variable = "BALANCETEST_BROKEN"
	name := os.Getenv(variable)
	for _, b := range allBroken() {
		switch name {
		case b.name + " " + b.check:
			b.test(t)
		case "":
			t.Run(b.name, func(t *testing.T) {
				run := exec.Command(os.Args[0], "-test.run=^TestBroken$")
				run.Env = append(os.Environ(), variable+"="+b.name+" "+b.check)
				out, err := run.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/"+b.check) {
					t.Errorf("%s did not fail: %v\n%s", b.check, err, out)
				}
			})
		}
	}
}

// pickFunc is a balancer that picks with a function of the endpoints.
type pickFunc func([]*balance.Endpoint) *balance.Endpoint

func (f pickFunc) Picker(set []*balance.Endpoint) balance.Picker { return funcPicker{f, set} }

type funcPicker struct {
	f   pickFunc
	set []*balance.Endpoint
}

func (p funcPicker) Pick(*http.Request) *balance.Endpoint { return p.f(p.set) }

func open(set []*balance.Endpoint) []*balance.Endpoint {
	return slices.DeleteFunc(slices.Clone(set), func(e *balance.Endpoint) bool { return !e.Open() })
}

// shared has one policy for all endpoints.
type shared struct{ failures int }

func (s *shared) Policy() balance.Policy { return s }
func (s *shared) Success()               {}
func (s *shared) Revived()               { s.failures = 0 }
func (s *shared) Failure() bool          { s.failures++; return s.failures > 10 }

// neverReset has policies that ignore a revival.
type neverReset struct{}

func (neverReset) Policy() balance.Policy { return &neverResetPolicy{} }

type neverResetPolicy struct{ shared }

func (*neverResetPolicy) Revived() {}

// allocating has policies that allocate for each success.
type allocating struct{}

func (allocating) Policy() balance.Policy { return &allocatingPolicy{} }

type allocatingPolicy struct {
	shared
	last *int
}

func (p *allocatingPolicy) Success() { p.last = new(int) }

type backoffFunc func(int, time.Duration) time.Duration

func (f backoffFunc) Wait(n int, previous time.Duration) time.Duration { return f(n, previous) }
