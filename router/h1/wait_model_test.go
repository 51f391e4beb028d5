package h1_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/router/h1"
)

// model is a bounded pool as its callers see it, whatever happens to single connections: a
// number of slots, and a queue.
type model struct {
	t                    *rapid.T
	far                  *far
	transport            *h1.Transport
	maxConns, maxWaiters int
	running, waiting     []*call
	refusing             bool // no connection can be made
	waited, refused      int
}

var errRefusing = errors.New("refusing")

// admit moves calls from the queue into free slots.
func (m *model) admit() {
	settle()
	for len(m.waiting) > 0 && len(m.running) < m.maxConns {
		first := m.waiting[0]
		m.waiting = m.waiting[1:]
		switch {
		case first.serving():
			m.running = append(m.running, first)
		case m.refusing && errors.Is(first.err, errRefusing): // and the next one
		default:
			m.t.Fatalf("the first in the queue is over: %v, error %v", first.over, first.err)
		}
	}
	for i, c := range m.waiting {
		if c.over {
			m.t.Fatalf("waiter %d is over: error %v", i, c.err)
		}
	}
}

func (m *model) start(t testing.TB) {
	c := start(t, m.transport)
	switch {
	case len(m.running) < m.maxConns || len(m.waiting) < m.maxWaiters:
		if len(m.running) == m.maxConns {
			m.waited++
		}
		m.waiting = append(m.waiting, c)
	case errors.Is(c.err, h1.ErrTooManyWaiters):
		m.refused++
	default:
		m.t.Fatalf("a call that should be refused is over: %v, error %v", c.over, c.err)
	}
}

// one removes one of the calls from a list.
func one(t *rapid.T, list *[]*call) *call {
	if len(*list) == 0 {
		t.Skip("none")
	}
	i := rapid.IntRange(0, len(*list)-1).Draw(t, "which")
	c := (*list)[i]
	*list = append((*list)[:i:i], (*list)[i+1:]...)
	return c
}

// settled ends a call that either was cancelled or got its response at that moment.
func settled(c *call) {
	if c.serving() {
		c.abort()
	}
}

func (m *model) check() {
	m.admit()
	open, most, _ := m.far.now()
	s := m.transport.Stats()
	if most > m.maxConns || s.Open != open || s.Open != len(m.running)+s.Idle || s.Waiters != len(m.waiting) ||
		s.Waited != uint64(m.waited) || s.TooManyWaiters != uint64(m.refused) {
		m.t.Fatalf("%d running, %d waiting, %d waited, %d refused, %d open, %d at most; but %+v",
			len(m.running), len(m.waiting), m.waited, m.refused, open, most, s)
	}
}

// untimed is a test without a Deadline, because a bubble has none.
type untimed struct{ rapid.TB }

// TestPoolIsASemaphore compares the pool with the model in random events, some of them two
// at a time.
func TestPoolIsASemaphore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(untimed{t}, func(rt *rapid.T) {
			f := &far{}
			m := &model{
				t: rt, far: f,
				maxConns:   rapid.IntRange(1, 3).Draw(rt, "maxConns"),
				maxWaiters: rapid.IntRange(0, 4).Draw(rt, "maxWaiters"),
			}
			config := h1.Config{
				Dial: f.dial, MaxConns: m.maxConns, MaxWaiters: m.maxWaiters,
				MinIdle:     rapid.IntRange(0, 2).Draw(rt, "minIdle"),
				MaxIdle:     rapid.SampledFrom([]int{-1, 0, 1}).Draw(rt, "maxIdle"),
				MaxLifetime: rapid.SampledFrom([]time.Duration{0, 5 * time.Minute}).Draw(rt, "lifetime"),
			}
			if m.maxWaiters == 0 {
				config.MaxWaiters = -1
			}
			m.transport = newTransport(t, config)
			defer func() { // also after a failure, so that it is reported
				m.transport.Close()
				for _, c := range append(m.waiting, m.running...) {
					c.cancel()
				}
				f.cut()
				settle()
			}()
			at := func(all ...func()) {
				for _, do := range all {
					go do()
				}
				settle()
			}
			rt.Repeat(map[string]func(*rapid.T){
				"start":  func(*rapid.T) { m.start(t) },
				"finish": func(rt *rapid.T) { one(rt, &m.running).finish(t) },
				"abort":  func(rt *rapid.T) { one(rt, &m.running).abort() },
				"cancel": func(rt *rapid.T) {
					one(rt, &m.waiting).cancel()
				},
				"cancel as one aborts": func(rt *rapid.T) {
					if len(m.running) == 0 {
						rt.Skip("none")
					}
					left := one(rt, &m.waiting)
					ended := one(rt, &m.running)
					at(left.cancel, func() { ended.resp.Body.Close() })
					settled(left)
				},
				"cancel as one finishes": func(rt *rapid.T) {
					if len(m.running) == 0 {
						rt.Skip("none")
					}
					left := one(rt, &m.waiting)
					ended := one(rt, &m.running)
					at(left.cancel, func() { readAll(t, ended.resp) })
					settled(left)
				},
				"connections are cut": func(rt *rapid.T) {
					if len(m.running) > 0 {
						rt.Skip("running calls would be cut, too")
					}
					f.cut()
				},
				"refuse":      func(*rapid.T) { f.set(func(f *far) { f.refuses = errRefusing }); m.refusing = true },
				"accept":      func(*rapid.T) { f.set(func(f *far) { f.refuses = nil }); m.refusing = false },
				"time passes": func(*rapid.T) { time.Sleep(time.Minute + time.Second) },
				"close idle":  func(*rapid.T) { m.transport.CloseIdleConnections() },
				"":            func(*rapid.T) { m.check() },
			})
			for len(m.running) > 0 {
				m.running[0].abort()
				m.running = m.running[1:]
				m.check()
			}
			m.transport.Close()
			settle()
			if s := m.transport.Stats(); s.Open != 0 || s.Idle != 0 {
				rt.Fatalf("in the end: %+v", s)
			}
		})
	})
}
