package admin

import (
	"encoding/hex"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/meshhop/meshhop/internal/histogram"
)

// histogramFamily is a histogram of durations in seconds. It is sent with the buckets of
// histogram.Bounds, and as a native histogram to a Prometheus that takes it. Its series
// are by the class of the status.
type histogramFamily struct{ *shape }

func newHistogram(name, help string, labels ...string) histogramFamily {
	return histogramFamily{newShape(prometheus.UntypedValue, name, help, append(labels, "status_class"))}
}

// classes are the label status_class.
func classes() [histogram.Classes]string {
	return [...]string{"error", "1XX", "2XX", "3XX", "4XX", "5XX"}
}

// send sends the series of each class that occurred. Exemplars are of the router that was
// made then.
func (f *histogramFamily) send(to sink, l histogram.Latency, born time.Time, labels ...string) {
	for class := range l {
		s := &l[class]
		if len(s.All.Buckets) == 0 {
			continue
		}
		values := append(labels[:len(labels):len(labels)], classes()[class])
		to.durations(f, &durations{counts: s.All, exemplars: s.Exemplars, born: born}, values)
	}
}

// durations is the values of one series of a histogramFamily.
type durations struct {
	counts    histogram.Counts
	exemplars []histogram.Exemplar // from the shortest, at most one of each bucket
	born      time.Time            // what their times are counted from
}

// classic is how many are at most as long as each of histogram.Bounds. Each bucket of ours
// is counted where its midpoint is.
func (d *durations) classic() (below [len(histogram.Bounds)]uint64) {
	rest, n := d.counts.Buckets, uint64(0)
	for i, bound := range histogram.Bounds {
		for len(rest) > 0 && rest[0].Midpoint() <= bound {
			n, rest = n+rest[0].N, rest[1:]
		}
		below[i] = n
	}
	return below
}

const (
	zeroThreshold = 1e-9 // nothing is so short: the shortest bucket is of 1 us
	// maxSchema has buckets 1.09 times as wide as those before them, which ours still tell
	// apart; there are twice as many in each power of two as one schema lower.
	maxSchema = 3
	// maxNative bounds the buckets of one series.
	maxNative = 160
)

// native is the histogram in the buckets of Prometheus, which are powers of 2^(2^-schema)
// seconds. Each of ours is counted where its midpoint is.
func (d *durations) native() (schema int32, buckets map[int]int64) {
	for schema = maxSchema; ; schema-- {
		buckets = map[int]int64{}
		for _, b := range d.counts.Buckets {
			at := int(math.Ceil(math.Log2(b.Midpoint().Seconds()) * float64(int(1)<<schema)))
			buckets[at] += int64(b.N)
		}
		if len(buckets) <= maxNative || schema == 0 {
			return schema, buckets
		}
	}
}

// traceID is a trace id as Zipkin writes it: of 64 bits where the others are zero.
func traceID(id [16]byte) string {
	if [8]byte(id[:8]) == [8]byte{} {
		return hex.EncodeToString(id[8:])
	}
	return hex.EncodeToString(id[:])
}

// durationsMetric is one series of a histogramFamily for the library.
type durationsMetric struct {
	desc *prometheus.Desc
	*durations
	labels []string
}

// Desc implements prometheus.Metric.
func (d *durationsMetric) Desc() *prometheus.Desc { return d.desc }

// Write implements prometheus.Metric.
func (d *durationsMetric) Write(to *dto.Metric) error {
	count, sum := d.counts.Count(), d.counts.Sum/float64(time.Second)
	schema, buckets := d.native()
	m, err := prometheus.NewConstNativeHistogram(d.desc, count, sum, buckets, nil, 0, schema, zeroThreshold, time.Time{}, d.labels...)
	if err != nil {
		return err
	}
	if err := m.Write(to); err != nil {
		return err
	}
	to.Histogram.CreatedTimestamp = nil
	to.Histogram.Bucket = nil
	for i, n := range d.classic() {
		to.Histogram.Bucket = append(to.Histogram.Bucket, &dto.Bucket{UpperBound: new(histogram.Bounds[i].Seconds()), CumulativeCount: new(n)})
	}
	return nil
}
