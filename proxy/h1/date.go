package h1

import (
	"net/http"
	"sync/atomic"
	"time"
)

// dateLine has the Date field of the current second.
type dateLine struct{ latest atomic.Pointer[datedLine] }

type datedLine struct {
	second int64
	text   []byte
}

// append appends the line.
func (d *dateLine) append(out []byte) []byte {
	now := time.Now()
	line := d.latest.Load()
	if line == nil || line.second != now.Unix() {
		text := now.UTC().AppendFormat([]byte("Date: "), http.TimeFormat)
		line = &datedLine{now.Unix(), append(text, "\r\n"...)}
		d.latest.Store(line)
	}
	return append(out, line.text...)
}
