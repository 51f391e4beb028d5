package lostcontext_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/lostcontext"
	"github.com/meshhop/meshhop/internal/record"
)

// world is services that call each other through one hop, in virtual time.
type world struct {
	*lostcontext.Detector
	mu    sync.Mutex
	trace byte
}

// during runs a world for some time, and returns who is named then.
func during(t *testing.T, run func(w *world)) (named []lostcontext.Suspect) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := &world{Detector: lostcontext.New()}
		var running sync.WaitGroup
		running.Go(func() {
			ticker := time.NewTicker(time.Second)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case now := <-ticker.C:
					w.Look(now)
				}
			}
		})
		run(w)
		time.Sleep(7 * time.Second) // until all calls are judged
		named = w.Suspects()
		cancel()
		running.Wait()
	})
	return named
}

func address(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n / 256), byte(n)}) }

// request is one request from an address to a service at another; the service takes some
// time, and does something meanwhile.
func (w *world) request(from, to netip.Addr, service string, continued bool, inside func()) {
	w.mu.Lock()
	w.trace++
	r := record.Record{
		Remote: netip.AddrPortFrom(from, 40000), Service: service, Endpoint: netip.AddrPortFrom(to, 80), Attempts: 1,
		Start: time.Now(), Continued: continued, Trace: oteltrace.TraceID{15: w.trace | 1},
	}
	w.mu.Unlock()
	time.Sleep(time.Millisecond)
	r.Sent = r.Since()
	inside()
	r.End = r.Since()
	w.Observe(&r)
}

// works takes some milliseconds.
func works() { time.Sleep(time.Duration(1+rand.IntN(20)) * time.Millisecond) }

var user, hello, there = address(1), address(2), address(3)

func TestAServiceThatLosesTheContext(t *testing.T) {
	named := during(t, func(w *world) {
		for range 6 {
			w.request(user, hello, "/svc/hello", false, func() {
				works()
				w.request(hello, there, "/svc/world", false, works)
			})
			time.Sleep(100 * time.Millisecond)
		}
	})
	if len(named) != 1 || named[0].Service != "/svc/hello" || named[0].Lost != 6 || named[0].Kept != 0 || !named[0].Trace.IsValid() || named[0].Trace == named[0].Call {
		t.Errorf("%+v", named)
	}
}

// TestWhoIsNotNamed: what is not clear names nobody.
func TestWhoIsNotNamed(t *testing.T) {
	// calls has hello call world in each of its requests.
	calls := func(w *world, requests int, continued func(i int) bool) {
		for i := range requests {
			w.request(user, hello, "/svc/hello", false, func() { w.request(hello, there, "/svc/world", continued(i), works) })
			time.Sleep(50 * time.Millisecond)
		}
	}
	for _, row := range []struct {
		name  string
		run   func(w *world)
		named bool
	}{
		{"it sends the context on", func(w *world) { calls(w, 100, func(int) bool { return true }) }, false},
		{"four times are not enough", func(w *world) { calls(w, 4, func(int) bool { return false }) }, false},
		{"it loses one of twenty", func(w *world) { calls(w, 200, func(i int) bool { return i%20 > 0 }) }, false},
		{"it loses one of five", func(w *world) { calls(w, 200, func(i int) bool { return i%5 > 0 }) }, true},
		{"nothing is known of who calls", func(w *world) {
			for range 100 {
				w.request(user, there, "/svc/world", false, works)
			}
		}, false},
		{"its health is checked from its own address", func(w *world) {
			var all sync.WaitGroup
			all.Go(func() { calls(w, 100, func(int) bool { return true }) })
			all.Go(func() {
				for range 300 {
					w.request(hello, there, "/svc/world", false, works)
					time.Sleep(20 * time.Millisecond)
				}
			})
			all.Wait()
		}, false},
		{"its calls go on after its requests", func(w *world) {
			var all sync.WaitGroup
			for range 20 {
				w.request(user, hello, "/svc/hello", false, func() {
					all.Go(func() { w.request(hello, there, "/svc/world", false, func() { time.Sleep(time.Second) }) })
					works()
				})
				time.Sleep(100 * time.Millisecond)
			}
			all.Wait()
		}, false},
		{"another service at its address", func(w *world) {
			var all sync.WaitGroup
			for _, name := range []string{"/svc/a", "/svc/b"} {
				all.Go(func() {
					for range 50 {
						w.request(user, hello, name, false, func() {
							time.Sleep(100 * time.Millisecond)
							w.request(hello, there, "/svc/world", name == "/svc/a", works)
						})
					}
				})
			}
			all.Wait()
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if named := during(t, row.run); len(named) > 0 != row.named {
				t.Errorf("%+v", named)
			}
		})
	}
}

// TestManyHonestServices: fifty services that call each other at once, each at its own
// address or all at that of the users; nobody is named, and of fifty-one the one that
// loses the context.
func TestManyHonestServices(t *testing.T) {
	for _, row := range []struct {
		name   string
		at     func(i int) netip.Addr
		losing int
		want   []string
	}{
		{"each at its address", func(i int) netip.Addr { return address(100 + i) }, -1, nil},
		{"one loses it", func(i int) netip.Addr { return address(100 + i) }, 7, []string{"/svc/7"}},
		{"all at one address", func(int) netip.Addr { return user }, -1, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			named := during(t, func(w *world) {
				var all sync.WaitGroup
				for i := range 50 {
					all.Go(func() {
						for range 40 {
							next := rand.IntN(50)
							w.request(user, row.at(i), fmt.Sprintf("/svc/%d", i), false, func() {
								works()
								w.request(row.at(i), row.at(next), fmt.Sprintf("/svc/%d", next), i != row.losing, works)
							})
							works()
						}
					})
				}
				all.Wait()
			})
			var names []string
			for _, s := range named {
				names = append(names, s.Service)
			}
			if fmt.Sprint(names) != fmt.Sprint(row.want) {
				t.Errorf("%+v, want %v", named, row.want)
			}
		})
	}
}

// TestForgetting: who stops losing the context is not named for ever.
func TestForgetting(t *testing.T) {
	named := during(t, func(w *world) {
		for range 20 {
			w.request(user, hello, "/svc/hello", false, func() { w.request(hello, there, "/svc/world", false, works) })
		}
		time.Sleep(25 * time.Minute)
		if named := w.Suspects(); len(named) > 0 {
			t.Errorf("after 25 minutes %+v", named)
		}
	})
	if len(named) > 0 {
		t.Errorf("%+v", named)
	}
}

// TestBounds: strangers that use any number of names and addresses cost a bounded amount
// of memory, and what is too much at once is counted.
func TestBounds(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var d *lostcontext.Detector
	during(t, func(w *world) {
		d = w.Detector
		time.Sleep(time.Second / 2) // between two looks
		for second := range 20 {
			for i := range 5000 {
				n := second*5000 + i
				w.Observe(&record.Record{
					Remote: netip.AddrPortFrom(address(n), 1), Endpoint: netip.AddrPortFrom(address(n+1), 1), Attempts: 1,
					Service: fmt.Sprintf("/svc/%d", n), Start: time.Now(), Trace: oteltrace.TraceID{1},
				})
			}
			time.Sleep(time.Second)
		}
		if got := d.Skipped(); got != 20*904 {
			t.Errorf("%d were skipped, want 904 a second", got)
		}
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("it keeps %d bytes", grown)
	}
	runtime.KeepAlive(d)
}

func TestObserveAllocatesNothing(t *testing.T) {
	d := lostcontext.New()
	r := &record.Record{Remote: netip.AddrPortFrom(user, 1), Start: time.Now(), Trace: oteltrace.TraceID{1}}
	if n := testing.AllocsPerRun(1000, func() { d.Observe(r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	d := lostcontext.New()
	r := &record.Record{Remote: netip.AddrPortFrom(user, 1), Start: time.Now(), Trace: oteltrace.TraceID{1}}
	for n := 0; b.Loop(); n++ {
		if n%4096 == 0 {
			b.StopTimer()
			d.Look(r.Start)
			b.StartTimer()
		}
		d.Observe(r)
	}
}
