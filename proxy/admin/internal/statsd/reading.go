package statsd

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// A Reading takes what a process counts, all of it, by its path: names and slashes.
type Reading struct {
	sender  *Sender
	part    Part
	quiet   bool // nothing is sent
	next    map[string]state
	packets [][]byte
	packet  []byte
	line    []byte
}

// state is what was sent of a path.
type state struct {
	total  float64
	high   float64 // it was, before it became less; 0: it did not
	counts histogram.Counts
	shown  bool // there were gauges of how values are spread
}

// Counter takes a counter, which begins at 0 where it was not read before. One that has
// become less, and is not back the next time, has begun anew, unless it is a sum of others
// of which one has gone.
func (r *Reading) Counter(path string, total float64, sum bool) {
	before := r.sender.last[path]
	now, grown := state{total: total}, total-before.total
	switch {
	case before.high > 0 && total >= before.high:
		grown = total - before.high
	case before.high > 0:
		grown = total
	case grown < 0 && !sum:
		now.high = before.total
	}
	r.next[path] = now
	if grown > 0 {
		r.send(path, "", grown, "|c")
	}
}

// Gauge takes a gauge.
func (r *Reading) Gauge(path string, v float64) {
	if r.part == Rest || math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if v < 0 { // which a statsd takes for a change
		r.send(path, "", 0, "|g")
	}
	r.send(path, "", v, "|g")
}

// A Stat is how values are spread, of all time.
type Stat struct {
	Counts histogram.Counts
	Unit   time.Duration // what is 1
	Count  uint64        // the same as in Counts, or more
	Sum    float64       // in that unit
	Folded bool          // it is a sum of others, of which one may go
}

// Stat takes a stat. How the values of the interval are spread is shown by gauges, as long
// as there are any, and by zeros after that.
func (r *Reading) Stat(path string, s Stat) {
	r.Counter(path+"/count", float64(s.Count), s.Folded)
	r.Counter(path+"/sum", s.Sum, s.Folded)
	if r.part == Rest {
		return
	}
	before := r.sender.last[path]
	since := s.Counts.Minus(before.counts)
	n := since.Count()
	r.next[path] = state{counts: s.Counts, shown: n > 0}
	if n == 0 && !before.shown {
		return
	}
	avg := 0.0
	if n > 0 {
		avg = since.Sum / float64(s.Unit) / float64(n)
	}
	r.send(path, "avg", avg, "|g")
	for _, q := range [...]struct {
		share float64
		name  string
	}{{0, "min"}, {0.5, "p50"}, {0.9, "p90"}, {0.95, "p95"}, {0.99, "p99"}, {0.999, "p999"}, {0.9999, "p9999"}, {1, "max"}} {
		r.send(path, q.name, float64(since.Quantile(q.share)/s.Unit), "|g")
	}
}

// send adds a line.
func (r *Reading) send(path, of string, v float64, kind string) {
	if r.quiet {
		return
	}
	r.line = r.line[:0]
	if prefix := r.sender.config.Prefix; prefix != "" {
		r.line = append(append(r.line, prefix...), '.')
	}
	r.line = appendName(r.line, path)
	if of != "" {
		r.line = append(append(r.line, '.'), of...)
	}
	r.line = append(r.line, ':')
	r.line = appendValue(r.line, v)
	r.line = append(r.line, kind...)
	if len(r.line) > maxPacket {
		r.sender.failed.Add(1)
		return
	}
	if len(r.packet) > 0 && len(r.packet)+1+len(r.line) > maxPacket {
		r.end()
	}
	if len(r.packet) > 0 {
		r.packet = append(r.packet, '\n')
	}
	r.packet = append(r.packet, r.line...)
}

// end ends a packet.
func (r *Reading) end() {
	if len(r.packet) > 0 {
		r.packets = append(r.packets, r.packet)
		r.packet = make([]byte, 0, maxPacket)
	}
}

// appendName appends a path as the name of a metric (StatsDStatsReceiver.scala, mkName;
// vectors 340 and 341).
func appendName(to []byte, path string) []byte {
	path = strings.ReplaceAll(path, "//", "/")
	for _, c := range path {
		switch {
		case c == '/':
			to = append(to, '.')
		case '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z':
			to = append(to, byte(c))
		default:
			to = append(to, '_')
		}
	}
	return to
}

// appendValue appends a number with at most six decimals.
func appendValue(to []byte, v float64) []byte {
	to = strconv.AppendFloat(to, v, 'f', 6, 64)
	for to[len(to)-1] == '0' {
		to = to[:len(to)-1]
	}
	if to[len(to)-1] == '.' {
		to = to[:len(to)-1]
	}
	return to
}
