package admin

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
)

// textSink writes series as the lines of Prometheus' text format, or of OpenMetrics. The
// library's way by way of protobuf takes ten times as long for pages with many series.
type textSink struct {
	prefix  string // of all names
	open    bool   // OpenMetrics
	wanted  func(name string) bool
	parts   map[*shape]*textPart
	page    []byte
	invalid int // series that were left out
}

// textPart is the lines of one family.
type textPart struct {
	shape *shape
	left  bool // nobody wants it
	lines []byte
	used  bool // in this scrape
}

// part is where the lines of a family are written; nil: nobody wants them, or a label
// cannot be written.
func (t *textSink) part(f *shape, labels []string) *textPart {
	p := t.parts[f]
	if p == nil {
		p = &textPart{shape: f}
		t.parts[f] = p
	}
	if !p.used {
		p.used = true
		p.left = !t.wanted(t.prefix + f.name)
	}
	if p.left {
		return nil
	}
	for _, l := range labels {
		if !utf8.ValidString(l) {
			t.invalid++
			return nil
		}
	}
	return p
}

func (t *textSink) number(f *shape, v float64, labels []string) {
	if p := t.part(f, labels); p != nil {
		p.lines = appendNumber(t.name(p, "", labels, ""), v)
		p.lines = append(p.lines, '\n')
	}
}

func (t *textSink) spread(f *statFamily, s *spread, labels []string) { f.lines(t, s, labels) }

func (t *textSink) durations(f *histogramFamily, d *durations, labels []string) {
	p := t.part(f.shape, labels)
	if p == nil {
		return
	}
	exemplars := d.exemplars
	if !t.open {
		exemplars = nil
	}
	count := d.counts.Count()
	for i, n := range d.classic() {
		p.lines = strconv.AppendUint(t.name(p, "_bucket", labels, boundTexts[i].of(t.open)), n, 10)
		if len(exemplars) > 0 && exemplars[0].Took <= histogram.Bounds[i] {
			p.lines = appendExemplar(p.lines, exemplars[0], d)
			exemplars = exemplars[1:]
		}
		p.lines = append(p.lines, '\n')
	}
	p.lines = strconv.AppendUint(t.name(p, "_bucket", labels, "+Inf"), count, 10)
	if len(exemplars) > 0 {
		p.lines = appendExemplar(p.lines, exemplars[0], d)
	}
	p.lines = append(p.lines, '\n')
	p.lines = append(appendNumber(t.name(p, "_sum", labels, ""), milliseconds(d.counts.Sum)/1e3), '\n')
	p.lines = append(strconv.AppendUint(t.name(p, "_count", labels, ""), count, 10), '\n')
}

// name appends the name and the labels of a sample, of which le is the last one if it is
// not empty, and a space.
func (t *textSink) name(p *textPart, suffix string, labels []string, le string) []byte {
	to := append(p.lines, t.prefix...)
	to = append(append(to, p.shape.name...), suffix...)
	if len(labels) > 0 || le != "" {
		mark := byte('{')
		for _, i := range p.shape.sorted {
			to = append(append(append(to, mark), p.shape.labels[i]...), '=', '"')
			to = append(appendEscaped(to, labels[i]), '"')
			mark = ','
		}
		if le != "" {
			to = append(append(append(append(to, mark), `le="`...), le...), '"')
		}
		to = append(to, '}')
	}
	return append(to, ' ')
}

func appendEscaped(to []byte, label string) []byte {
	if strings.IndexByte(label, '\\') < 0 && strings.IndexByte(label, '"') < 0 && strings.IndexByte(label, '\n') < 0 {
		return append(to, label...)
	}
	for i := range len(label) {
		switch c := label[i]; c {
		case '\\', '"':
			to = append(to, '\\', c)
		case '\n':
			to = append(to, '\\', 'n')
		default:
			to = append(to, c)
		}
	}
	return to
}

// appendNumber appends a number; whole ones without an exponent.
func appendNumber(to []byte, v float64) []byte {
	const exact = 1 << 53
	switch {
	case v == math.Trunc(v) && math.Abs(v) < exact:
		return strconv.AppendInt(to, int64(v), 10)
	case math.IsInf(v, 1):
		return append(to, "+Inf"...)
	}
	return strconv.AppendFloat(to, v, 'g', -1, 64) // NaN and -Inf as they are
}

// appendExemplar appends the trace of one of the requests in a bucket.
func appendExemplar(to []byte, e histogram.Exemplar, d *durations) []byte {
	to = append(append(append(to, ` # {trace_id="`...), traceID(e.Trace)...), `"} `...)
	to = append(strconv.AppendFloat(to, e.Took.Seconds(), 'f', -1, 64), ' ')
	return strconv.AppendFloat(to, float64(d.born.Add(e.At).UnixNano())/1e9, 'f', 3, 64)
}

// boundText is a bound of a bucket as it is written in each format: OpenMetrics wants a
// fraction always.
type boundText struct{ text, open string }

func (b boundText) of(open bool) string {
	if open {
		return b.open
	}
	return b.text
}

var boundTexts = func() (all [len(histogram.Bounds)]boundText) {
	for i, bound := range histogram.Bounds {
		text := strconv.FormatFloat(bound.Seconds(), 'g', -1, 64)
		if all[i] = (boundText{text, text}); !strings.Contains(text, ".") {
			all[i].open += ".0"
		}
	}
	return all
}()

// appendTo appends all lines of a family, with what they are.
func (t *textSink) appendTo(to []byte, p *textPart) []byte {
	name, kind := t.prefix+p.shape.name, "gauge"
	switch p.shape.kind {
	case prometheus.CounterValue:
		if kind = "counter"; t.open { // whose names end in _total
			short, total := strings.CutSuffix(name, "_total")
			if name = short; !total {
				kind = "unknown"
			}
		}
	case prometheus.UntypedValue:
		kind = "histogram"
	}
	to = append(append(append(to, "# HELP "...), name...), ' ')
	for i := range len(p.shape.help) {
		switch c := p.shape.help[i]; {
		case c == '\\':
			to = append(to, '\\', '\\')
		case c == '\n':
			to = append(to, '\\', 'n')
		case c == '"' && t.open:
			to = append(to, '\\', '"')
		default:
			to = append(to, c)
		}
	}
	to = append(append(append(append(to, "\n# TYPE "...), name...), ' '), kind...)
	return append(append(to, '\n'), p.lines...)
}
