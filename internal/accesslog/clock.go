package accesslog

import (
	"strconv"
	"time"
)

// clocks write the times of lines, one for each format.
type clocks struct{ linkerd, combined, json clock }

func newClocks() clocks {
	return clocks{
		linkerd:  clock{layout: "02/01/2006:15:04:05 MST"},
		combined: clock{layout: "02/Jan/2006:15:04:05 -0700"},
		json:     clock{layout: "2006-01-02T15:04:05"},
	}
}

// clock writes times in whole seconds. Most lines are of the same second as the one
// before, whose text it keeps.
type clock struct {
	layout string
	second int64
	text   []byte // in room, if that suffices
	room   [32]byte
}

func (c *clock) append(to []byte, t time.Time, zone *time.Location) []byte {
	if second := t.Unix(); second != c.second || c.text == nil {
		c.second = second
		c.text = t.In(zone).AppendFormat(c.room[:0], c.layout)
	}
	return append(to, c.text...)
}

// appendThousandths appends a number of thousandths with three digits behind the point.
func appendThousandths(to []byte, n int64) []byte {
	if n < 0 {
		to, n = append(to, '-'), -n
	}
	to = strconv.AppendInt(to, n/1000, 10)
	n %= 1000
	return append(to, '.', '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
}
