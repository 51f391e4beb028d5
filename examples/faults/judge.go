package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// row is what became of the requests during a fault.
type row struct {
	fault *fault

	gets, getsFailed, getsLate int // late: after accrual must have seen the fault
	posts, postsFailed, twice  int // twice: received more than once, or answered and never received
	again                      int // GETs received more than once, by how often
	retried                    int // attempts that the hops made again, as they count
	p99, slowest               time.Duration
	stall                      time.Duration // the longest time without any answer
	left                       level         // at idle, over what was there before
	reasons                    map[string]int
	broken                     []string // what must hold and does not
}

func judge(f *fault, calls []*call, seen map[string]int, made, mended, end time.Time) *row {
	r := &row{fault: f, reasons: map[string]int{}}
	var took []time.Duration
	var answers []time.Time
	for _, c := range calls {
		r.count(c, seen[c.id], made, mended)
		took = append(took, c.took)
		if c.failed == "" {
			answers = append(answers, c.began.Add(c.took))
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		r.p99, r.slowest = took[(n*99-1)/100], took[n-1]
		r.stall = longestGap(answers, calls[0].began, end)
	}
	r.hold()
	return r
}

func (r *row) count(c *call, times int, made, mended time.Time) {
	if c.failed != "" {
		r.reasons[portless(c.failed)]++
	}
	if c.post {
		r.posts++
		if c.failed != "" {
			r.postsFailed++
		}
		if times > 1 || times == 0 && c.failed == "" {
			r.twice++
		}
		return
	}
	r.gets++
	r.again += max(times-1, 0)
	if c.failed == "" {
		return
	}
	r.getsFailed++
	// What was begun when the fault was mended may fail for that.
	if c.began.After(made.Add(r.fault.seen)) && c.began.Before(mended) {
		r.getsLate++
	}
}

// portless is a reason without the ports of connections, so that like ones are
// one.
func portless(reason string) string {
	return regexp.MustCompile(`(127\.0\.0\.1):\d+`).ReplaceAllString(reason, "$1")
}

// longestGap is the longest time between answers, from the first request to the
// last: what is answered after that has nobody around it.
func longestGap(answers []time.Time, from, to time.Time) (gap time.Duration) {
	slices.SortFunc(answers, time.Time.Compare)
	for _, at := range answers {
		if at.After(to) {
			break
		}
		gap, from = max(gap, at.Sub(from)), at
	}
	return max(gap, to.Sub(from))
}

// hold finds what must hold and does not.
func (r *row) hold() {
	must := func(ok bool, format string, args ...any) {
		if !ok {
			r.broken = append(r.broken, fmt.Sprintf(format, args...))
		}
	}
	if r.fault.seen == 0 {
		must(r.getsFailed == 0, "%d GETs failed", r.getsFailed)
	} else {
		must(r.getsLate == 0, "%d GETs failed after accrual should have seen it", r.getsLate)
	}
	must(r.postsFailed == 0 || r.fault.postsFail, "%d POSTs failed", r.postsFailed)
	must(r.twice == 0, "%d POSTs were not received once", r.twice)
	must(r.gets > 0 && r.posts > 0, "nothing was sent")
}

// mostFrequent are the reasons of failures, the most frequent first.
func (r *row) mostFrequent() []string {
	type reason struct {
		text  string
		times int
	}
	var all []reason
	for text, times := range r.reasons {
		all = append(all, reason{text, times})
	}
	slices.SortFunc(all, func(a, b reason) int { return cmp.Or(b.times-a.times, cmp.Compare(a.text, b.text)) })
	var texts []string
	for _, one := range all {
		texts = append(texts, fmt.Sprintf("%d x %s", one.times, one.text))
	}
	return texts
}
