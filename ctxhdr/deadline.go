package ctxhdr

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
)

// maxDeadline bounds l5d-ctx-deadline: a longer value counts as malformed
// without being read.
const maxDeadline = 1024

// A Deadline is the value of an l5d-ctx-deadline header (Finagle's
// Deadline.scala). Both times are of the clock of the machine that set them;
// on the wire they are nanoseconds since the Unix epoch. Set both or none: the
// zero Deadline means that there is none.
type Deadline struct {
	Timestamp time.Time // when the deadline was set
	Deadline  time.Time // when the response is of no use any more
}

// decodeDeadline reads the value of an l5d-ctx-deadline header: two decimal
// numbers separated by one space. Further fields are ignored; a leading or double
// space makes it malformed, and then ok is false. The times are in UTC.
func decodeDeadline(s string) (d Deadline, ok bool) {
	if len(s) > maxDeadline {
		return d, false
	}
	timestamp, rest, found := strings.Cut(s, " ")
	if !found {
		return d, false
	}
	deadline, _, _ := strings.Cut(rest, " ")
	from, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return d, false
	}
	to, err := strconv.ParseInt(deadline, 10, 64)
	if err != nil {
		return d, false
	}
	return Deadline{Timestamp: time.Unix(0, from).UTC(), Deadline: time.Unix(0, to).UTC()}, true
}

// String returns the header value. A time that does not fit into 64 bits of
// nanoseconds (before 1678, after 2261) becomes the nearest one that does.
func (d Deadline) String() string {
	b := make([]byte, 0, 2*20+1)
	b = strconv.AppendInt(b, nanoseconds(d.Timestamp), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, nanoseconds(d.Deadline), 10)
	return string(b)
}

func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// Combine returns the tighter of both: the later timestamp and the
// earlier deadline. A zero Deadline changes nothing.
func (d Deadline) Combine(o Deadline) Deadline {
	if d.IsZero() {
		return o
	}
	if o.IsZero() {
		return d
	}
	if o.Timestamp.After(d.Timestamp) {
		d.Timestamp = o.Timestamp
	}
	if o.Deadline.Before(d.Deadline) {
		d.Deadline = o.Deadline
	}
	return d
}

// Left returns how much time is left at now, by this machine's clock. The deadline is
// by another machine's clock, which may be ahead: the result is never more than what
// was left when the deadline was set. It is negative after the deadline, and the
// greatest Duration without one.
func (d Deadline) Left(now time.Time) time.Duration {
	if d.IsZero() {
		return math.MaxInt64
	}
	return min(d.Deadline.Sub(now), d.Deadline.Sub(d.Timestamp))
}

// IsZero reports whether there is no deadline.
func (d Deadline) IsZero() bool { return d.Timestamp.IsZero() && d.Deadline.IsZero() }

// Deadlines returns all l5d-ctx-deadline headers combined. Malformed ones are
// skipped; false means that none could be read.
func Deadlines(h http.Header) (Deadline, bool) {
	var all Deadline
	for _, s := range wire.Values(h, wire.DeadlineName) {
		if d, ok := decodeDeadline(s); ok {
			all = all.Combine(d)
		}
	}
	return all, !all.IsZero()
}
