package main

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load sends requests over connections that it keeps.
type load struct{ callers map[string][]*caller } // by address

func newLoad(struct{}) (part, error) { return &load{map[string][]*caller{}}, nil }

// loadOrder asks for a window of load.
type loadOrder struct {
	Addr        string
	Connections int
	Window      time.Duration
	Rate        int  // requests a second; 0: each caller sends as soon as it has an answer
	Once        bool // one request on each connection, and no more
	mix
}

// mix is what requests ask for.
type mix struct {
	Bytes    int  // of an answer; 0: answerBytes
	Names    int  // how many services are asked for in turn; 0: one
	Replicas bool // each of them has many, in a hop
	Spread   int  // how many connections are used in turn, by as many callers as there are connections otherwise; 0: no more than those
}

// loadResult is what came of it.
type loadResult struct {
	Requests int // that were answered in full
	Failed   int
	Error    string // one of them
	Took     time.Duration
	// Latencies, only at a fixed rate. They begin when a request is due, so
	// that a hop which stops answering is charged for those that wait.
	P50, P99 time.Duration
}

// patience is how much longer than its window the last request may take.
const patience = 10 * time.Second

func (l *load) ready() any         { return nil }
func (l *load) stop() (any, error) { return nil, nil }

func (l *load) obey(line []byte) (any, error) {
	var order loadOrder
	if err := json.Unmarshal(line, &order); err != nil {
		return nil, err
	}
	callers := l.callers[order.Addr]
	want := max(order.Connections, order.Spread)
	for len(callers) < want {
		callers = append(callers, &caller{addr: order.Addr})
	}
	l.callers[order.Addr] = callers
	callers = callers[:want]

	w := window{order: order, began: time.Now()}
	timer := time.AfterFunc(order.Window, func() { w.over.Store(true) })
	defer timer.Stop()
	var all sync.WaitGroup
	for i := range order.Connections {
		var mine []*caller
		for j := i; j < len(callers); j += order.Connections {
			mine = append(mine, callers[j])
		}
		all.Go(func() { w.run(mine) })
	}
	all.Wait()
	return w.result(callers), nil
}

// window is one window of load, which all callers share.
type window struct {
	order  loadOrder
	began  time.Time
	over   atomic.Bool
	ticket atomic.Int64
	names  atomic.Int64
}

// due waits until the next request of a fixed rate is to be sent. The time is
// when its latency begins: now, or earlier if no caller was free.
func (w *window) due() (at time.Time, ok bool) {
	n := w.ticket.Add(1) - 1
	at = w.began.Add(time.Duration(n) * time.Second / time.Duration(w.order.Rate))
	if at.Sub(w.began) >= w.order.Window {
		return at, false
	}
	if wait := time.Until(at); wait > 0 {
		time.Sleep(wait)
		at = time.Now() // a timer that was late is not the hop's fault
	}
	return at, true
}

func (w *window) result(callers []*caller) loadResult {
	r := loadResult{Took: time.Since(w.began)}
	var latencies []time.Duration
	for _, c := range callers {
		r.Requests += c.answered
		if c.err != nil {
			r.Failed++
			r.Error = c.err.Error()
		}
		latencies = append(latencies, c.latencies...)
	}
	if len(latencies) > 0 {
		slices.Sort(latencies)
		r.P50, r.P99 = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	}
	return r
}
