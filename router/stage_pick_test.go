package router

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// newPick is the stage, with the fake one below it at each endpoint.
func newPick(t *testing.T, change ...func(*Config)) (*alone, *pick) {
	s := newAlone(t, change...)
	for _, e := range s.client.set.Endpoints() {
		e.Transport().(*reach).attempts.below = s.below
	}
	return s, &pick{s.client}
}

// always picks one endpoint.
type always struct{ endpoint *balance.Endpoint }

func (a always) Pick(*http.Request) *balance.Endpoint { return a.endpoint }

// TestPick: an attempt begins at the endpoint that the balancer picks, and is over after
// the stages below it.
func TestPick(t *testing.T) {
	s, stage := newPick(t)
	set := *s.client.replicas.Load()
	set.picker = always{s.client.set.Endpoints()[1]}
	s.client.replicas.Store(&set)
	s.x.set = nil
	at := func(x *exchange) {
		t.Helper()
		if a := x.attempt; a == nil || a.x != x || a.endpoint != s.client.set.Endpoints()[1] || x.set != &set {
			t.Errorf("%+v", a)
		}
	}
	s.below.does = func(x *exchange) (*http.Response, error) { at(x); return nil, errFake }
	s.below.ends = func(x *exchange, _ Outcome) { at(x) }
	var first *attempt
	for i := range 2 {
		if _, err := stage.do(s.x); err != errFake {
			t.Error(err)
		}
		if at(s.x); i == 0 {
			first = s.x.attempt
		} else if s.x.attempt == first {
			t.Error("the second attempt is the first, which its transport may still know")
		}
		stage.done(s.x, Outcome{end: endFailed})
		stage.done(s.x, Outcome{end: endFailed}) // nothing is below any more
		s.below.want(t, "do", "failed")
	}
	if s.x.attempt != nil || first != &s.x.first {
		t.Error("the attempt is not over, or not that of the exchange")
	}
}

// TestPickFails: nothing is below a request that has no endpoint.
func TestPickFails(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(s *alone)
		kind   Kind
	}{
		{"the deadline has passed", func(s *alone) { s.x.limit = limit{at: time.Now(), kind: TotalTimeout} }, TotalTimeout},
		{"the namer says why there is no set", func(s *alone) { s.client.replicas.Store(&replicas{err: errFake}) }, BindingFailed},
		{"the set is empty", func(s *alone) { s.client.replicas.Store(&replicas{unresolved: "web has no address"}) }, NoReplicas},
		{"the router was closed before the set was known", func(s *alone) {
			s.client.replicas.Store(new(replicas).outdated(time.Time{}))
			s.cancel()
		}, Closed},
		{"the request leads here", func(s *alone) {
			set := *s.x.leaf.set
			set.Override = &resolve.Dentry{}
			s.x.leaf = &route{set: &set}
		}, Forbidden},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, stage := newPick(t, func(c *Config) {
					c.Listeners = &Listeners{IPs: []netip.Addr{addressOf(1).AddrPort.Addr(), addressOf(2).AddrPort.Addr(), addressOf(3).AddrPort.Addr()}}
					c.Listeners.Add(&net.TCPAddr{Port: 80})
				})
				row.change(s)
				if _, err := stage.do(s.x); !errors.Is(err, row.kind) {
					t.Errorf("%v, want one of kind %v", err, row.kind)
				}
				if s.x.attempt != nil {
					t.Error("an attempt has begun")
				}
				stage.done(s.x, Outcome{end: endUnrouted})
				s.below.want(t)
			})
		})
	}
}

// TestPickAvoids: an endpoint that just failed is taken only if there is no other; of
// the others, the one that takes requests and has less to do.
func TestPickAvoids(t *testing.T) {
	s, stage := newPick(t)
	all := s.client.set.Endpoints()
	set := &replicas{picker: always{all[0]}}
	expect := func(why string, want int) {
		t.Helper()
		if got := stage.endpoint(s.x, set); got != all[want] {
			t.Errorf("%s: picked %s, want %s", why, got.Address().AddrPort, all[want].Address().AddrPort)
		}
	}
	expect("none is to be avoided", 0)
	s.x.avoid = all[1]
	first := all[0].Acquire()
	expect("another one is", 0)
	second := all[1].Acquire()
	s.x.avoid, set.picker = all[2], always{all[2]}
	expect("the last, though the others are busy", 0)
	set.picker = always{all[0]}
	first.Done()
	second.Done()
	s.x.avoid = all[0]
	busy := all[1].Acquire()
	expect("the second is busy", 2)
	more := all[2].Acquire()
	again := all[2].Acquire()
	expect("the third is busier", 1)
	s.reports.dead = true
	busy.Report(balance.Failure)
	expect("the second is dead", 2)
	again.Report(balance.Failure)
	expect("both are dead", 1)
	for _, lease := range []balance.Lease{busy, more, again} {
		lease.Done()
	}
	s.client.set.Update([]resolve.Address{all[0].Address()})
	expect("there is no other", 0)
}
