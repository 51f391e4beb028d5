package dashboard

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	chartWidth  = 600
	chartHeight = 120
	chartPoints = 300
)

// chart is one or more lines over time.
type chart struct {
	Key, Title string
	Lines      []line
	Top        string // what the upper edge stands for
	Bottom     string // what the lower edge stands for; empty: nothing
	From       string // how long ago the left edge is
	Spoken     string
}

type line struct {
	Key, Class, Label, Now string
	D                      string // the path of an SVG
}

// curve says what a line shows of a point; negative: nothing.
type curve struct {
	class, label string
	of           func(point) float64
	show         func(float64) string
}

// scale is what the edges of a chart stand for, given the least and the most of its curves.
type scale func(least, most float64) (bottom, top float64)

// fromZero is the scale of counts, which goes at least to 1.
func fromZero(_, most float64) (bottom, top float64) { return 0, nice(max(most, 1)) }

// ofShares shows the difference between 99.9 % and 99.99 % where there is no other.
func ofShares(least, _ float64) (bottom, top float64) {
	switch {
	case least >= 0.999:
		return 0.99, 1
	case least >= 0.95:
		return 0.9, 1
	}
	return 0, 1
}

// chartOf draws the curves over one time, with the same scale. Of neighbours that share a
// pixel the highest is drawn.
func chartOf(key, title string, past []point, long bool, scale scale, curves ...curve) chart {
	span, step := fineTicks*fineTick, fineTick
	if long {
		span, step = coarseSize*coarseTick, coarseTick
	}
	c := chart{Key: key, Title: title, From: "10 min ago"}
	if long {
		c.From = "6 h ago"
	}
	slots := make([][]float64, len(curves))
	least, most := math.Inf(1), 0.0
	var end time.Time
	if len(past) > 0 {
		end = past[len(past)-1].at
	}
	for i, one := range curves {
		slots[i] = make([]float64, chartPoints)
		for n := range slots[i] {
			slots[i][n] = -1
		}
		for _, p := range past {
			age := end.Sub(p.at)
			at := chartPoints - 1 - int(age*chartPoints/(span+step))
			if v := one.of(p); at >= 0 && at < chartPoints && !math.IsNaN(v) {
				slots[i][at] = max(slots[i][at], v)
				if v >= 0 {
					least, most = min(least, v), max(most, v)
				}
			}
		}
	}
	bottom, top := scale(least, most)
	var spoken []string
	for i, one := range curves {
		l := line{Key: key + "/" + one.class, Class: one.class, Label: one.label, Now: "–", D: draw(slots[i], bottom, top)}
		if len(past) > 0 {
			if v := one.of(past[len(past)-1]); v >= 0 {
				l.Now = one.show(v)
			}
		}
		spoken = append(spoken, one.label+" now "+l.Now)
		c.Lines = append(c.Lines, l)
	}
	c.Top = curves[0].show(top)
	if bottom > 0 {
		c.Bottom = curves[0].show(bottom)
	}
	c.Spoken = title + ": " + strings.Join(spoken, ", ") + "; the upper edge is " + c.Top
	return c
}

// dot makes a point without neighbours seen: the ends of a line are round.
const dot = "h0.1"

// draw is the path through the values; one that is negative leaves a gap.
func draw(values []float64, bottom, top float64) string {
	b := make([]byte, 0, 8*len(values))
	pen, alone := false, false
	for i, v := range values {
		if v < 0 {
			if alone {
				b = append(b, dot...)
			}
			pen, alone = false, false
			continue
		}
		command := byte('L')
		if !pen {
			command = 'M'
		}
		alone = !pen
		pen = true
		b = append(b, command)
		b = strconv.AppendInt(b, int64(i*chartWidth/(len(values)-1)), 10)
		b = append(b, ' ')
		b = strconv.AppendFloat(b, chartHeight*(1-(v-bottom)/(top-bottom)), 'f', 1, 64)
	}
	if alone {
		b = append(b, dot...)
	}
	return string(b)
}

// nice is the next of 1, 2 and 5 with zeroes.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if v <= m*unit*(1+1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// chartsOf are the charts that every kind of name has. What is before their keys tells
// those of one page apart.
func chartsOf(before string, past []point, long bool) []chart {
	ms := func(v float64) string { return showLatency(time.Duration(v * float64(time.Millisecond))) }
	per := func(of func(point) float32) func(point) float64 {
		return func(p point) float64 {
			if p.took <= 0 {
				return -1
			}
			return float64(of(p)) / p.took
		}
	}
	return []chart{
		chartOf(before+"rate", "Requests per second", past, long, fromZero,
			curve{"requests", "all", per(func(p point) float32 { return p.requests }), showRate},
			curve{"failures", "failed", per(func(p point) float32 { return p.failures }), showRate},
			curve{"retries", "sent again", per(func(p point) float32 { return p.retries }), showRate}),
		chartOf(before+"latency", "Latency", past, long, fromZero,
			curve{"p50", "p50", func(p point) float64 { return float64(p.p50) }, ms},
			curve{"p95", "p95", func(p point) float64 { return float64(p.p95) }, ms},
			curve{"p99", "p99", func(p point) float64 { return float64(p.p99) }, ms},
			curve{"longest", "max", func(p point) float64 { return float64(p.longest) }, ms}),
		chartOf(before+"success", "Success rate", past, long, ofShares,
			curve{"share", "succeeded", func(p point) float64 {
				if p.requests <= 0 {
					return -1
				}
				return float64((p.requests - p.failures) / p.requests)
			}, func(v float64) string { return strconv.FormatFloat(100*v, 'f', 2, 64) + "%" }}),
		chartOf(before+"pending", "Requests in flight", past, long, fromZero,
			curve{"pending", "pending", func(p point) float64 { return float64(p.pending) }, func(v float64) string { return showCount(uint64(max(v, 0))) }}),
	}
}
