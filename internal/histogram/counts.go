package histogram

import (
	"math"
	"time"
)

// A Snapshot is what a [Histogram] had at one moment.
type Snapshot struct {
	Recent    Counts // the last minute
	All       Counts // all since the start
	Exemplars []Exemplar
}

// Plus returns the sum of two snapshots. It changes neither.
func (s Snapshot) Plus(more Snapshot) Snapshot {
	return Snapshot{s.Recent.Plus(more.Recent), s.All.Plus(more.All), latest(s.Exemplars, more.Exemplars)}
}

// Counts are the buckets of a histogram that are not empty. It is immutable.
type Counts struct {
	Buckets []Bucket // sorted by their index
	Sum     float64  // of all durations, in ns
}

// A Bucket is how many durations are in one bucket.
type Bucket struct {
	Index uint16
	N     uint64
}

// Midpoint is the middle of the bucket, which is at most 1.6 % off.
func (b Bucket) Midpoint() time.Duration { return midpoint(int(b.Index)) }

// Count is how many durations there are.
func (c Counts) Count() (n uint64) {
	for _, b := range c.Buckets {
		n += b.N
	}
	return n
}

// Quantile is the midpoint of the bucket that has the duration at this share of all, from
// 0 for the shortest to 1 for the longest; 0 if there is none. The rank of the duration is
// the share of their number, rounded, as in BucketedHistogram.scala.
func (c Counts) Quantile(share float64) time.Duration {
	rank, seen := uint64(max(math.Round(share*float64(c.Count())), 1)), uint64(0)
	for _, b := range c.Buckets {
		if seen += b.N; seen >= rank {
			return b.Midpoint()
		}
	}
	return 0
}

// WithZeros returns the counts with n more that took no time at all. It does not change c.
func (c Counts) WithZeros(n uint64) Counts {
	if n == 0 {
		return c
	}
	return c.Plus(Counts{Buckets: []Bucket{{0, n}}})
}

// Plus returns the sum of two counts. It changes neither.
func (c Counts) Plus(more Counts) Counts {
	return c.merged(more, func(a, b uint64) uint64 { return a + b }, c.Sum+more.Sum)
}

// Max returns for each bucket the larger count of the two. It changes neither.
func (c Counts) Max(o Counts) Counts {
	return c.merged(o, func(a, b uint64) uint64 { return max(a, b) }, max(c.Sum, o.Sum))
}

// Minus returns what c has more than an earlier reading of the same histogram, or all of c
// if it is a reading of another one. It changes neither.
func (c Counts) Minus(before Counts) Counts {
	if len(before.Buckets) == 0 {
		return c
	}
	more := Counts{Sum: max(c.Sum-before.Sum, 0)}
	rest := before.Buckets
	for _, b := range c.Buckets {
		if len(rest) > 0 && rest[0].Index == b.Index {
			if rest[0].N > b.N {
				return c
			}
			b.N -= rest[0].N
			rest = rest[1:]
		}
		if b.N > 0 {
			more.Buckets = append(more.Buckets, b)
		}
	}
	if len(rest) > 0 {
		return c
	}
	return more
}

func (c Counts) merged(o Counts, join func(a, b uint64) uint64, sum float64) Counts {
	switch {
	case len(o.Buckets) == 0:
		return Counts{c.Buckets, sum}
	case len(c.Buckets) == 0:
		return Counts{o.Buckets, sum}
	}
	all := make([]Bucket, 0, max(len(c.Buckets), len(o.Buckets)))
	a, b := c.Buckets, o.Buckets
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Index < b[0].Index:
			all, a = append(all, a[0]), a[1:]
		case len(a) == 0 || b[0].Index < a[0].Index:
			all, b = append(all, b[0]), b[1:]
		default:
			all = append(all, Bucket{a[0].Index, join(a[0].N, b[0].N)})
			a, b = a[1:], b[1:]
		}
	}
	return Counts{all, sum}
}
