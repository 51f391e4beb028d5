package router_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// restful is a namer of one replica set, as those are that ask somebody else: an
// answer begins with each observation, and nothing is known till then.
type restful struct {
	telling   sync.Mutex // held while observers are told, so that the last thing they hear is what is
	mu        sync.Mutex
	now       resolve.State[resolve.Replicas] // pending: it does not answer
	observers map[int]func(resolve.State[resolve.Replicas])
	begun     int // how often somebody began to observe it
	late      time.Duration
	meanwhile func() // happens once, before an observation has begun
	gone      *resolve.Var[resolve.NameTree[resolve.Name]]
}

func newRestful(addr string) *restful {
	n := &restful{now: living(addr), observers: map[int]func(resolve.State[resolve.Replicas]){}}
	n.gone = resolve.NewVar(resolve.State[resolve.NameTree[resolve.Name]]{Status: resolve.OK, Value: n.leaf()})
	return n
}

// leaf is the set, with another activity each time.
func (n *restful) leaf() resolve.NameTree[resolve.Name] {
	return resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
		ID: resolve.MustPath("/web"), Addr: resolve.SourceActivity(n.observe),
	}})
}

func (n *restful) Lookup(resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return n.gone.Activity()
}

func (n *restful) observe(set func(resolve.State[resolve.Replicas])) (stop func()) {
	n.mu.Lock()
	meanwhile := n.meanwhile
	n.meanwhile = nil
	n.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.begun++
	id := n.begun
	n.observers[id] = set
	answer := time.AfterFunc(n.late, func() {
		n.telling.Lock()
		defer n.telling.Unlock()
		set(n.state())
	})
	return func() {
		answer.Stop()
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.observers, id)
	}
}

func (n *restful) state() resolve.State[resolve.Replicas] {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

// set tells those who observe it.
func (n *restful) set(s resolve.State[resolve.Replicas]) {
	n.telling.Lock()
	defer n.telling.Unlock()
	n.mu.Lock()
	n.now = s
	var all []func(resolve.State[resolve.Replicas])
	for _, o := range n.observers {
		all = append(all, o)
	}
	n.mu.Unlock()
	for _, o := range all {
		o(s)
	}
}

func (n *restful) observed() (now, begun int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.observers), n.begun
}

func (n *restful) expect(t *testing.T, about string, now, begun int) {
	t.Helper()
	synctest.Wait()
	if gotNow, gotBegun := n.observed(); gotNow != now || gotBegun != begun {
		t.Errorf("%s: %d observe the set, after %d began to, want %d after %d", about, gotNow, gotBegun, now, begun)
	}
}

// rest is longer than the time after which a client rests.
const rest = 80 * time.Second

// resting runs a test of a router in front of a set that was asked for once and
// then for longer than a minute no more.
func resting(t *testing.T, test func(*testing.T, *fixture, *restful), change ...func(*router.Config)) {
	synctest.Test(t, func(t *testing.T) {
		n := newRestful("10.0.0.1:1")
		f := start(t, append(change, func(c *router.Config) { c.Interpreter = names(t, n) })...)
		defer f.Close()
		f.goesTo(t, "at first", "10.0.0.1:1", 0)
		n.expect(t, "in use", 1, 1)
		time.Sleep(rest)
		n.expect(t, "idle", 0, 1)
		test(t, f, n)
	})
}

// goesTo sends a request, which takes so long.
func (f *fixture) goesTo(t *testing.T, about, want string, after time.Duration) {
	t.Helper()
	begun := time.Now()
	got, err := f.ask(request(t, "web"))
	if took := time.Since(begun); got != want || err != nil || took != after {
		t.Errorf("%s: it went to %q in %s, %v, want to %q in %s", about, got, took, err, want, after)
	}
}

// TestIdleClientsRest: after a minute nobody observes the addresses of a set, and the
// next request goes where they are by then. What was learned of the set is kept.
func TestIdleClientsRest(t *testing.T) {
	transports := &closers{}
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		f.goesTo(t, "after a rest", "10.0.0.1:1", 0)
		n.expect(t, "awake", 1, 2)
		if made, closed := transports.counts(); made != 1 || closed != 0 {
			t.Errorf("%d transports were made, %d closed", made, closed)
		}
		if got := f.requestsOf("/#/fake/web"); got != 2 {
			t.Errorf("the client has %d requests by its counters", got)
		}
		time.Sleep(rest)
		n.expect(t, "idle again", 0, 2)
	}, func(c *router.Config) { c.NewTransport = transports.open })
}

// TestAddressesThatChangeMeanwhile: the first request after a rest, and all that
// come with it, wait until it is known where the replicas are now.
func TestAddressesThatChangeMeanwhile(t *testing.T) {
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(living("10.0.0.2:1"))
		n.late = 300 * time.Millisecond
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { f.goesTo(t, "after a rest", "10.0.0.2:1", n.late) })
		}
		all.Wait()
		n.expect(t, "awake", 1, 2)
		n.set(living("10.0.0.3:1"))
		f.goesTo(t, "awake", "10.0.0.3:1", 0)
	})
}

// TestWhatIsInUseDoesNotRest: neither what is used often, nor what is used once a
// minute, nor what one long response is read from.
func TestWhatIsInUseDoesNotRest(t *testing.T) {
	for every, times := range map[time.Duration]int{5 * time.Second: 120, time.Minute: 30} {
		synctest.Test(t, func(t *testing.T) {
			n := newRestful("10.0.0.1:1")
			f := start(t, func(c *router.Config) { c.Interpreter = names(t, n) })
			defer f.Close()
			for range times {
				f.goesTo(t, "in use", "10.0.0.1:1", 0)
				time.Sleep(every)
			}
			n.expect(t, "in use every "+every.String(), 1, 1)
		})
	}
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		n.expect(t, "a response is read", 1, 2)
		resp.Body.Close()
		time.Sleep(rest)
		n.expect(t, "it was read", 0, 2)
	})
}

// TestNamersThatDoNotAnswerAfterARest: requests go to the last known replicas, the
// first after a moment at most and later ones at once, until the namer answers.
func TestNamersThatDoNotAnswerAfterARest(t *testing.T) {
	pending := resolve.State[resolve.Replicas]{}
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(pending)
		var all sync.WaitGroup
		all.Go(func() { f.goesTo(t, "the first", "10.0.0.1:1", time.Second) })
		time.Sleep(600 * time.Millisecond)
		all.Go(func() { f.goesTo(t, "one that comes meanwhile", "10.0.0.1:1", 400*time.Millisecond) })
		all.Wait()
		f.goesTo(t, "a later one", "10.0.0.1:1", 0)
		n.expect(t, "awake", 1, 2)
		if s, ok := f.View().ClientState(resolve.MustPath("/#/fake/web")); !ok || s.Resting {
			t.Errorf("in use it is %+v", s)
		}
		n.set(living("10.0.0.2:1"))
		f.goesTo(t, "it answers", "10.0.0.2:1", 0)
	})
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
		f.goesTo(t, "nobody can tell", "10.0.0.1:1", 0)
		synctest.Wait() // a state that comes while one is told is told later, by that goroutine
		n.set(living("10.0.0.2:1"))
		f.goesTo(t, "somebody can", "10.0.0.2:1", 0)
	})
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Neg: true}})
		f.failure(t, request(t, "web")) // there is nobody any more, which is an answer
	})
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(pending)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		hurried, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		begun := time.Now()
		if got, err := f.ask(with(hurried, request(t, "web"))); got != "10.0.0.1:1" || time.Since(begun) != 250*time.Millisecond {
			t.Errorf("who has half a second: %q, %v after %s", got, err, time.Since(begun))
		}
		left, leave := context.WithCancel(ctx)
		time.AfterFunc(100*time.Millisecond, leave)
		if _, err := f.ask(with(left, request(t, "web"))); !errors.Is(err, context.Canceled) || time.Since(begun) != 350*time.Millisecond {
			t.Errorf("who leaves: %v after %s", err, time.Since(begun))
		}
		f.goesTo(t, "who has all the time", "10.0.0.1:1", 650*time.Millisecond)
	})
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(pending)
		f.goesTo(t, "a short BindingTimeout", "10.0.0.1:1", 200*time.Millisecond)
	}, func(c *router.Config) { c.BindingTimeout = 200 * time.Millisecond })
}

// TestNobodyAfterARest: where there was nobody to go to, requests wait for the
// namer's answer as those do that are the first.
func TestNobodyAfterARest(t *testing.T) {
	nobody := resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Neg: true}}
	failed := resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest}
	for what, before := range map[string]resolve.State[resolve.Replicas]{"nobody": nobody, "failed": failed} {
		synctest.Test(t, func(t *testing.T) {
			n := newRestful("10.0.0.1:1")
			n.now = before
			f := start(t, func(c *router.Config) { c.Interpreter = names(t, n) })
			defer f.Close()
			f.failure(t, request(t, "web"))
			time.Sleep(rest)
			n.expect(t, what, 0, 1)
			n.set(living("10.0.0.2:1"))
			n.late = 3 * time.Second
			f.goesTo(t, what+", and then somebody", "10.0.0.2:1", n.late)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		n := newRestful("10.0.0.1:1")
		n.now = resolve.State[resolve.Replicas]{}
		f := start(t, func(c *router.Config) { c.Interpreter = names(t, n) })
		defer f.Close()
		timedOut := func(about string) {
			t.Helper()
			begun := time.Now()
			if e := f.failure(t, request(t, "web")); e.Kind != router.BindingTimeout || time.Since(begun) != 10*time.Second {
				t.Errorf("%s: %v after %s", about, e, time.Since(begun))
			}
		}
		timedOut("nothing was ever known")
		n.expect(t, "asked", 1, 1)
		time.Sleep(rest)
		n.expect(t, "idle", 0, 1)
		timedOut("nor is after a rest")
		n.expect(t, "asked again", 1, 2)
		n.set(living("10.0.0.1:1"))
		f.goesTo(t, "it is known", "10.0.0.1:1", 0)
	})
}

// TestSetsThatMoveMeanwhile: a set that comes with another activity while its client
// rests is not observed, and the next request goes where that one says.
func TestSetsThatMoveMeanwhile(t *testing.T) {
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(living("10.0.0.2:1"))
		n.gone.Set(n.leaf())
		time.Sleep(time.Second)
		n.expect(t, "it moved", 0, 1)
		f.goesTo(t, "it moved", "10.0.0.2:1", 0)
		n.expect(t, "awake", 1, 2)
		n.gone.Set(n.leaf())
		n.expect(t, "it moves while it is awake", 1, 3)
		time.Sleep(rest)
		n.expect(t, "idle", 0, 3)
		n.meanwhile = func() { n.gone.Set(n.leaf()) }
		f.goesTo(t, "it moves while it wakes", "10.0.0.2:1", 0)
		n.expect(t, "it moves while it wakes", 1, 5)
	})
}

// TestExplanationsOfARest: they tell what the next request would find, and wake
// nobody.
func TestExplanationsOfARest(t *testing.T) {
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		expect := func(about, want string) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			e := f.View().Explain(with(ctx, request(t, "web")))
			if e.Err != nil || len(e.Targets) != 1 || len(e.Targets[0].Replicas.Value.Addresses) != 1 ||
				e.Targets[0].Replicas.Value.Addresses[0].AddrPort.String() != want {
				t.Errorf("%s: %+v, %v", about, e.Targets, e.Err)
			}
			synctest.Wait()
			if now, _ := n.observed(); now != 0 {
				t.Errorf("%s: it is observed", about)
			}
		}
		expect("nothing changed", "10.0.0.1:1")
		n.set(living("10.0.0.2:1"))
		expect("it moved", "10.0.0.2:1")
		n.set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
		expect("nobody can tell", "10.0.0.1:1")
		n.set(resolve.State[resolve.Replicas]{})
		expect("nobody tells", "10.0.0.1:1")
		n.set(living("10.0.0.2:1"))
		f.goesTo(t, "asked", "10.0.0.2:1", 0)
	})
}

// TestCloseDuringARest, of a client that rests, and of one that wakes.
func TestCloseDuringARest(t *testing.T) {
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		f.Close()
		n.expect(t, "closed", 0, 1)
	})
	resting(t, func(t *testing.T, f *fixture, n *restful) {
		n.set(resolve.State[resolve.Replicas]{})
		time.AfterFunc(100*time.Millisecond, func() { f.Close() })
		if e := f.failure(t, request(t, "web")); e.Kind != router.Closed {
			t.Errorf("a request that waits: %v", e)
		}
		n.expect(t, "closed", 0, 2)
	})
}

// TestRestsAndRequests: requests that come just when a client goes to rest, or when
// another one has just woken it, go where the replicas are.
func TestRestsAndRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRestful("10.0.0.1:1")
		f := start(t, func(c *router.Config) { c.Interpreter = names(t, n) })
		defer f.Close()
		var waits []time.Duration // the router looks for idle clients every 6.5 s
		for i := range 200 {
			waits = append(waits, 65*time.Second+time.Duration(i%4)*3250*time.Millisecond)
		}
		for i, wait := range waits {
			before, now := n.state(), living("10.0.0.1:1")
			if i%2 == 1 {
				now = living("10.0.0.2:1")
			}
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					got, err := f.ask(request(t, "web"))
					if a, b := addressOf(before), addressOf(now); err != nil || got != a && got != b {
						t.Errorf("it went to %q, %v, want %s or %s", got, err, a, b)
					}
				})
			}
			all.Go(func() { n.set(now) })
			all.Wait()
			synctest.Wait() // the change may come while a request wakes the client
			f.goesTo(t, "afterwards", addressOf(now), 0)
			n.expectOne(t)
			time.Sleep(wait)
		}
		if _, begun := n.observed(); begun < len(waits)/4 {
			t.Errorf("it rested only %d times", begun-1)
		}
		f.Close()
		synctest.Wait()
		if now, _ := n.observed(); now != 0 {
			t.Errorf("%d observe the set after Close", now)
		}
	})
}

func (n *restful) expectOne(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if now, _ := n.observed(); now != 1 {
		t.Errorf("%d observe the set", now)
	}
}

func addressOf(s resolve.State[resolve.Replicas]) string {
	return s.Value.Addresses[0].AddrPort.String()
}
