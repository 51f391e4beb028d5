package balance_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// pickers records the endpoints that pickers are made for.
type pickers struct {
	inner balance.Balancer
	sets  [][]*balance.Endpoint
}

func (p *pickers) Picker(set []*balance.Endpoint) balance.Picker {
	p.sets = append(p.sets, set)
	return p.inner.Picker(set)
}

// subject is a set under test, with the transports and pickers that it made.
type subject struct {
	*balance.Set
	made    map[string]*idleCounter
	pickers pickers
}

func newSubject(t *testing.T, options ...func(*balance.SetConfig)) *subject {
	s := &subject{made: map[string]*idleCounter{}, pickers: pickers{inner: balance.P2C{}}}
	s.Set = newSet(t, append(options, func(c *balance.SetConfig) {
		c.Balancer = &s.pickers
		c.NewTransport = func(a resolve.Address) http.RoundTripper {
			i := &idleCounter{}
			s.made[a.AddrPort.String()] = i
			return i
		}
	})...)
	return s
}

// names returns the current endpoints as letters: a is 10.0.0.1.
func (s *subject) names() string {
	var names []byte
	for _, e := range s.Endpoints() {
		ip := e.Address().AddrPort.Addr().As4()
		names = append(names, 'a'+ip[3]-1)
	}
	return string(names)
}

func these(names string) []resolve.Address {
	all := addresses(26)
	var some []resolve.Address
	for _, name := range names {
		some = append(some, all[name-'a'])
	}
	return some
}

func (s *subject) expect(t *testing.T, names string, pickers, transports int, want balance.Stats) {
	t.Helper()
	if got := s.names(); got != names {
		t.Errorf("the endpoints are %s, want %s", got, names)
	}
	if len(s.pickers.sets) != pickers {
		t.Errorf("%d pickers were made, want %d", len(s.pickers.sets), pickers)
	}
	if len(s.made) != transports {
		t.Errorf("%d transports were made, want %d", len(s.made), transports)
	}
	if diff := cmp.Diff(want, s.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestSetFollows(t *testing.T) {
	s := newSubject(t)
	s.expect(t, "", 0, 0, balance.Stats{})
	if s.Update(nil) != nil {
		t.Error("an empty set has a picker")
	}
	first := s.Update(these("abc"))
	s.expect(t, "abc", 1, 3, balance.Stats{Size: 3, Available: 3, Updates: 2, Adds: 3})
	a := s.Endpoints()[0]
	a.Acquire()
	if s.Update(these("cab")) != first || s.Update(these("aabbcc")) != first {
		t.Error("another order of the same addresses makes another picker")
	}
	s.expect(t, "abc", 1, 3, balance.Stats{Size: 3, Available: 3, Pending: 1, Updates: 4, Adds: 3})
	if s.Update(these("dac")) == first {
		t.Error("after a change the picker is the same")
	}
	s.expect(t, "dac", 2, 4, balance.Stats{Size: 3, Available: 3, Pending: 1, Updates: 5, Adds: 4, Removes: 1})
	if s.Endpoints()[1] != a || a.Pending() != 1 {
		t.Error("the endpoint a was replaced")
	}
	for name, i := range s.made {
		if got, want := i.closed.Load() == 1, name == "10.0.0.2:80"; got != want {
			t.Errorf("%s was retired: %v", name, got)
		}
	}
	if s.Update(nil) != nil {
		t.Error("an empty set has a picker")
	}
	s.expect(t, "", 2, 4, balance.Stats{Updates: 6, Adds: 4, Removes: 4})
	s.Update(these("z"))
	s.Close()
	s.expect(t, "", 3, 5, balance.Stats{Updates: 7, Adds: 5, Removes: 5})
	for name, i := range s.made {
		if i.closed.Load() != 1 {
			t.Errorf("%s was retired %d times", name, i.closed.Load())
		}
	}
}

// TestSetKeepsEndpoints: a dead endpoint stays dead when the set or its weight changes.
func TestSetKeepsEndpoints(t *testing.T) {
	s := newSubject(t)
	s.Update(these("ab"))
	a := s.Endpoints()[0]
	markDead(t, a)
	heavy := these("ab")
	heavy[0].Weight = 3
	for i := range 3 {
		s.Update(heavy)
		if s.Endpoints()[0] != a || a.Open() || a.Address() != heavy[0] {
			t.Fatalf("after %d updates: weight %v, open %v", i, a.Address().Weight, a.Open())
		}
	}
	if len(s.pickers.sets) != 2 || len(s.made) != 2 {
		t.Errorf("%d pickers, %d transports", len(s.pickers.sets), len(s.made))
	}
	twice := append(these("ab"), heavy[0]) // the last weight counts
	if s.Update(twice); s.names() != "ab" || a.Address().Weight != 3 {
		t.Errorf("%s, weight %v", s.names(), a.Address().Weight)
	}
	// Addresses that differ in more than the weight are different endpoints.
	other := these("aa")
	other[1].Authority = "other"
	if s.Update(other); s.names() != "aa" || s.Endpoints()[0] != a || !s.Endpoints()[1].Open() {
		t.Errorf("%s", s.names())
	}
	// An address that comes back gets a new endpoint.
	s.Update(these("b"))
	if s.Update(these("a")); !s.Endpoints()[0].Open() || s.Endpoints()[0] == a {
		t.Error("the endpoint of an address that came back is the dead one")
	}
}

// TestProbation: an endpoint whose address has left stays while it is alive.
func TestProbation(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newSubject(t, func(c *balance.SetConfig) { c.Probation, c.Backoff = true, balance.ConstantBackoff(time.Second) })
		s.Update(these("abcd"))
		byName := s.Endpoints()
		b, c, d := byName[1], byName[2], byName[3]
		markDead(t, b)
		s.Update(these("a"))
		s.expect(t, "acd", 2, 4, balance.Stats{Size: 3, Available: 3, Updates: 2, Adds: 4, Removes: 1, Removals: 1, RemovedFor: time.Second})
		if s.made["10.0.0.2:80"].closed.Load() == 0 || s.made["10.0.0.3:80"].closed.Load() != 0 {
			t.Error("the wrong endpoint was retired")
		}
		s.Update(these("a"))
		if s.names() != "acd" || len(s.pickers.sets) != 2 {
			t.Errorf("after the same update: %s, %d pickers", s.names(), len(s.pickers.sets))
		}
		markDead(t, c, d)
		time.Sleep(time.Hour)
		if c.Open() || d.Open() {
			t.Error("a dead endpoint on probation gets probes")
		}
		s.Update(these("ad"))
		if s.names() != "ad" || s.Endpoints()[1] != d {
			t.Errorf("the endpoints are %s", s.names())
		}
		if !d.Open() {
			t.Error("a dead endpoint whose address came back gets no probe")
		}
		markDead(t, d)
		time.Sleep(time.Second)
		if !d.Open() {
			t.Error("an endpoint whose address came back gets no probe after the backoff")
		}
		// An empty set does not remove live endpoints either.
		if s.Update(nil) == nil || s.names() != "ad" {
			t.Errorf("the endpoints are %s", s.names())
		}
		markDead(t, s.Endpoints()...)
		if s.Update(nil) != nil || s.names() != "" {
			t.Errorf("the endpoints are %s", s.names())
		}
	})
}

// TestSetDefaults: five failures in a row mark an endpoint dead, for 5 s at first.
func TestSetDefaults(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set, err := balance.NewSet(balance.SetConfig{NewTransport: func(resolve.Address) http.RoundTripper { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		picker := set.Update(addresses(1))
		e := set.Endpoints()[0]
		for i := range 5 {
			if picker.Pick(nil) != e || !e.Open() {
				t.Errorf("the endpoint is dead after %d failures", i)
			}
			send(e, balance.Failure)
		}
		if e.Open() || picker.Pick(nil) != e || set.Stats().Exhausted != 1 {
			t.Errorf("after five failures the endpoint is open: %v; exhausted %d times", e.Open(), set.Stats().Exhausted)
		}
		time.Sleep(5*time.Second - time.Millisecond)
		if e.Open() {
			t.Error("the endpoint is open before 5 s")
		}
		if time.Sleep(time.Millisecond); !e.Open() {
			t.Error("the endpoint is not open after 5 s")
		}
		if got := send(e, balance.Failure); got.Kind != "extended" || got.For < 5*time.Second || got.For >= 10*time.Second {
			t.Errorf("%v for %v", got.Kind, got.For)
		}
	})
	if _, err := balance.NewSet(balance.SetConfig{}); err == nil || err.Error() != "balance: SetConfig.NewTransport is required" {
		t.Errorf("%v", err)
	}
}

// TestSetConcurrently: requests and calls of Stats run while the set changes.
func TestSetConcurrently(t *testing.T) {
	for _, kind := range kinds(t) {
		t.Run(kind.name, func(t *testing.T) {
			set := newSet(t, func(c *balance.SetConfig) {
				c.Balancer, c.Backoff = balance.Weighted(kind.balancer), balance.ConstantBackoff(time.Microsecond)
			})
			next := make(chan balance.Picker)
			var workers sync.WaitGroup
			for range 4 {
				workers.Go(func() {
					n := 0
					for picker := range next {
						for range 50 {
							n++
							send(picker.Pick(nil), balance.Outcome(n%3))
						}
						if s := set.Stats(); s.Size < 1 || s.Size > 9 {
							t.Errorf("%+v", s)
						}
					}
				})
			}
			for i := range 400 {
				all := addresses(1 + i%9)
				for j := range all {
					all[j].Weight = float64(1 + (i+j)%2)
				}
				next <- set.Update(all)
			}
			close(next)
			workers.Wait()
			if s := set.Stats(); s.Pending != 0 || s.Adds-s.Removes != uint64(s.Size) {
				t.Errorf("%+v", s)
			}
		})
	}
}
