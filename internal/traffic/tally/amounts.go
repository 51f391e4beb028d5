package tally

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// amounts is a histogram of numbers, such as of bytes or of requests, each kept as so many
// [histogram.Once]: numbers below 64 are exact, and larger ones at most 1.6 % off, up to 2e12.
type amounts struct{ histogram.Histogram }

// most is the largest number that does not overflow.
const most = 1<<63 - 1

func (a *amounts) record(at time.Duration, n uint64) {
	a.Record(at, time.Duration(min(n, most/uint64(histogram.Once)))*histogram.Once)
}
