package tally

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// amounts is a histogram of numbers, such as of bytes or of requests. One is kept as a
// microsecond, below which a histogram tells nothing apart: numbers below 64 are exact, and
// larger ones at most 1.6 % off, up to 2e12.
type amounts struct{ histogram.Histogram }

const one = time.Microsecond

// most is the largest number that does not overflow.
const most = 1<<63 - 1

func (a *amounts) record(at time.Duration, n uint64) {
	a.Record(at, time.Duration(min(n, most/uint64(one)))*one)
}

// Amounts is what a histogram of numbers had at one moment.
type Amounts struct{ histogram.Snapshot }

// Number is a quantile of numbers, as that of the times by which they are kept.
func Number(quantile time.Duration) uint64 { return uint64(quantile / one) }

// Sum is a sum of numbers, as that of the times by which they are kept.
func Sum(nanos float64) float64 { return nanos / float64(one) }
