package dashboard

import (
	"slices"
	"strconv"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/histogram"
)

// exemplars are the traced requests that a histogram of latencies remembers: the last one of
// each of its buckets, which may be long ago, the slowest first.
func (d *Dashboard) exemplars(of histogram.Latency, born time.Time, where at) *table {
	all := slices.Clone(of.Total().Exemplars)
	slices.Reverse(all)
	t := tableOf("exemplars", "A trace for each latency", all, func(e histogram.Exemplar) string { return oteltrace.TraceID(e.Trace).String() },
		[]column[histogram.Exemplar]{
			{name: "took", title: "Took", value: func(e histogram.Exemplar) any { return e.Took }, still: true},
			{name: "ended", title: "Ended, UTC", value: func(e histogram.Exemplar) any { return uint64(max(e.At, 0)) }, still: true, show: func(e histogram.Exemplar) cell {
				return cell{Text: born.Add(e.At).UTC().Format("2006-01-02 15:04:05")}
			}},
			{name: "trace", title: "Trace", value: func(e histogram.Exemplar) any { return shortID(e.Trace) }, still: true, show: func(e histogram.Exemplar) cell {
				return cell{Text: shortID(e.Trace), Href: d.linkTo(e.Trace)}
			}},
		}, "", where.URL)
	t.Empty = "None that was sampled is remembered."
	t.More = "The last sampled request within each of " + strconv.Itoa(len(histogram.Bounds)+1) + " ranges of latency, as Prometheus gets them (exemplars)."
	return t
}
