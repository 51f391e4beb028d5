package accesslog

import (
	"time"

	"github.com/meshhop/meshhop/internal/record"
)

// entry is a line that is not yet made.
type entry struct {
	record  *record.Record
	format  Format
	attempt bool // it is about the last attempt, whose response has just begun
}

// append appends the line.
func (e *entry) append(to []byte, c *clocks, zone *time.Location) []byte {
	switch e.format {
	case JSON:
		to = e.appendJSON(to, c)
	case Combined:
		to = e.appendCombined(to, c, zone)
	default:
		to = e.appendLinkerd(to, c, zone)
	}
	return append(to, '\n')
}

// logged is the time of which the line is.
func (e *entry) logged() time.Time {
	if e.attempt {
		return e.record.Start.Add(e.record.Head)
	}
	return e.record.Start.Add(e.record.End)
}

// target is what was asked of the endpoint, or, for the whole request, what the client
// asked.
func (e *entry) target() string {
	if e.attempt && e.record.SentTarget != "" {
		return e.record.SentTarget
	}
	return e.record.Target
}
