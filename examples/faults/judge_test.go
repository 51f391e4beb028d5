package main

import (
	"slices"
	"testing"
	"time"
)

// calls are a GET and a POST at each of some moments, in ms.
func calls(failed string, at ...int) (all []*call) {
	for _, ms := range at {
		began := time.UnixMilli(int64(ms))
		all = append(all,
			&call{id: "get", began: began, took: 10 * time.Millisecond, failed: failed},
			&call{id: "post", post: true, began: began, took: 10 * time.Millisecond})
	}
	return all
}

func TestJudge(t *testing.T) {
	const made, mended, end = 100, 200, 300
	atOnce, later := &fault{name: "at once"}, &fault{name: "later", seen: 50 * time.Millisecond}
	for _, row := range []struct {
		name   string
		fault  *fault
		calls  []*call
		seen   map[string]int
		broken []string
	}{
		{"all is well", atOnce, calls("", 50, 150, 250), map[string]int{"get": 3, "post": 1}, nil},
		{"nothing was sent", atOnce, nil, nil, []string{"nothing was sent"}},
		{"a GET failed", atOnce, append(calls("no", 120), calls("", 50)...), map[string]int{"post": 1}, []string{"1 GETs failed"}},
		{"one failed before accrual saw it", later, calls("no", 50, 120), map[string]int{"post": 1}, nil},
		{"one failed when accrual had seen it", later, calls("no", 151), map[string]int{"post": 1}, []string{"1 GETs failed after accrual should have seen it"}},
		{"one failed after it was mended", later, calls("no", 201), map[string]int{"post": 1}, nil},
		{"a POST came twice", atOnce, calls("", 50), map[string]int{"post": 2}, []string{"1 POSTs were not received once"}},
		{"a POST was answered by nobody", atOnce, calls("", 50), nil, []string{"1 POSTs were not received once"}},
		{"a POST failed", atOnce, append(calls("", 50), &call{id: "x", post: true, failed: "no"}), map[string]int{"post": 1}, []string{"1 POSTs failed"}},
		{"a POST failed, which it may", &fault{postsFail: true}, append(calls("", 50), &call{id: "x", post: true, failed: "no"}), map[string]int{"post": 1}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := judge(row.fault, row.calls, row.seen, time.UnixMilli(made), time.UnixMilli(mended), time.UnixMilli(end))
			if !slices.Equal(r.broken, row.broken) {
				t.Errorf("broken %q, want %q", r.broken, row.broken)
			}
		})
	}
}

func TestJudgeTimes(t *testing.T) {
	r := judge(&fault{}, calls("", 0, 20, 120, 130), nil, time.UnixMilli(0), time.UnixMilli(0), time.UnixMilli(150))
	if r.stall != 100*time.Millisecond || r.p99 != 10*time.Millisecond || r.slowest != 10*time.Millisecond {
		t.Errorf("stall %v, p99 %v, slowest %v", r.stall, r.p99, r.slowest)
	}
	r = judge(&fault{}, calls("", 0, 20), nil, time.UnixMilli(0), time.UnixMilli(0), time.UnixMilli(500))
	if r.stall != 470*time.Millisecond {
		t.Errorf("stall %v at the end", r.stall)
	}
	if r = judge(&fault{}, calls("", 0, 20, 900), nil, time.UnixMilli(0), time.UnixMilli(0), time.UnixMilli(40)); r.stall != 20*time.Millisecond {
		t.Errorf("stall %v before an answer that came after the end", r.stall)
	}
	many := calls("", 0)
	for range 198 {
		many = append(many, calls("", 0)[0])
	}
	many[7].took = time.Second
	many[8].took = 2 * time.Second
	many[9].took = 3 * time.Second
	if r = judge(&fault{}, many, nil, time.UnixMilli(0), time.UnixMilli(0), time.UnixMilli(0)); r.p99 != time.Second || r.slowest != 3*time.Second {
		t.Errorf("p99 %v, slowest %v", r.p99, r.slowest)
	}
}

func TestReasons(t *testing.T) {
	r := judge(&fault{}, append(calls("read 127.0.0.1:1->127.0.0.1:2: reset", 0), append(calls("EOF", 0), calls("read 127.0.0.1:3->127.0.0.1:4: reset", 0)...)...),
		nil, time.UnixMilli(0), time.UnixMilli(0), time.UnixMilli(0))
	if got, want := r.mostFrequent(), []string{"2 x read 127.0.0.1->127.0.0.1: reset", "1 x EOF"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
