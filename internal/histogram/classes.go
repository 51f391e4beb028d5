package histogram

import (
	"sync/atomic"
	"time"
)

// Classes is the number of classes of statuses: 1XX to 5XX by their first digit, and 0
// for what has no such status.
const Classes = 6

// ClassOf is the class of a status.
func ClassOf(status int) int {
	if status < 100 || status > 599 {
		return 0
	}
	return status / 100
}

// ByClass is a histogram for each class of statuses, made when the class occurs for the
// first time. The zero value is ready for use, and safe for concurrent use.
type ByClass [Classes]atomic.Pointer[Histogram]

// Of returns the histogram of a class.
func (b *ByClass) Of(class int) *Histogram {
	if h := b[class].Load(); h != nil {
		return h
	}
	b[class].CompareAndSwap(nil, new(Histogram))
	return b[class].Load()
}

// Read returns what was counted until now.
func (b *ByClass) Read(at time.Duration) (all Latency) {
	for class := range b {
		if h := b[class].Load(); h != nil {
			all[class] = h.Read(at)
		}
	}
	return all
}

// A Latency is what a [ByClass] had at one moment.
type Latency [Classes]Snapshot

// Plus returns the sum of two. It changes neither.
func (l Latency) Plus(more Latency) Latency {
	for class := range l {
		l[class] = l[class].Plus(more[class])
	}
	return l
}

// Total is that of all classes together.
func (l Latency) Total() (all Snapshot) {
	for _, one := range l {
		all = all.Plus(one)
	}
	return all
}
