package balancetest_test

import (
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

// broken is what must not pass, and a check that finds out.
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
		balancer("the first", "what_does_not_end_goes_to_everyone", &balancetest.Balancer{}),
		balancer("the last", "the_dead_are_passed_by", among(func(set []*balance.Endpoint) *balance.Endpoint { return set[len(set)-1] })),
		balancer("a stranger", "one_of_the_set_is_picked", among(func([]*balance.Endpoint) *balance.Endpoint { return balance.NewEndpoint(resolve.Address{}, nil) })),
		balancer("nobody", "if_all_are_dead,_one_is_picked", among(func(set []*balance.Endpoint) *balance.Endpoint {
			return slices.Concat(alive(set), []*balance.Endpoint{nil})[0]
		})),
		balancer("never again", "who_may_be_alive_again_is_tried", among(func(set []*balance.Endpoint) *balance.Endpoint { return set[0] })),
		balancer("sorted", "the_set_is_left_as_it_is", among(func(set []*balance.Endpoint) *balance.Endpoint {
			slices.Reverse(set)
			return set[0]
		})),
		balancer("wasteful", "to_pick_does_not_allocate", among(func(set []*balance.Endpoint) *balance.Endpoint {
			return slices.Concat(alive(set), set)[0]
		})),
		accrual("one for all", "endpoints_do_not_share_a_policy", &shared{}),
		accrual("never forgets", "a_revival_forgets", unforgiving{}),
		accrual("wasteful", "success_does_not_allocate", wasteful{}),
		backoff("below zero", "waits_are_not_below_zero", series(func(n int, _ time.Duration) time.Duration { return time.Duration(5 - n) })),
		backoff("overflows", "odd_questions_are_answered", series(func(n int, previous time.Duration) time.Duration { return max(previous, 1) * 2 })),
	}
}

// TestBroken finds out that the checks find out. Each of the broken ones runs
// in a process of its own, which must fail.
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
					t.Errorf("%s is not found out: %v\n%s", b.check, err, out)
				}
			})
		}
	}
}

// among is a balancer that picks by a function of the set.
type among func([]*balance.Endpoint) *balance.Endpoint

func (f among) Picker(set []*balance.Endpoint) balance.Picker { return amongPicker{f, set} }

type amongPicker struct {
	f   among
	set []*balance.Endpoint
}

func (p amongPicker) Pick(*http.Request) *balance.Endpoint { return p.f(p.set) }

func alive(set []*balance.Endpoint) []*balance.Endpoint {
	return slices.DeleteFunc(slices.Clone(set), func(e *balance.Endpoint) bool { return !e.Open() })
}

// shared has one policy for all endpoints.
type shared struct{ failures int }

func (s *shared) Policy() balance.Policy { return s }
func (s *shared) Success()               {}
func (s *shared) Revived()               { s.failures = 0 }
func (s *shared) Failure() bool          { s.failures++; return s.failures > 10 }

// unforgiving has policies that a revival does not touch.
type unforgiving struct{}

func (unforgiving) Policy() balance.Policy { return &grudge{} }

type grudge struct{ shared }

func (*grudge) Revived() {}

// wasteful has policies that remember each success.
type wasteful struct{}

func (wasteful) Policy() balance.Policy { return &memory{} }

type memory struct {
	shared
	last *int
}

func (m *memory) Success() { m.last = new(int) }

type series func(int, time.Duration) time.Duration

func (s series) Wait(n int, previous time.Duration) time.Duration { return s(n, previous) }
