package h2

import (
	"net/http"
	"sync/atomic"
	"time"
)

// dateValue has the value of the Date field in the current second.
type dateValue struct{ latest atomic.Pointer[datedValue] }

type datedValue struct {
	second int64
	text   string
}

func (d *dateValue) get() string {
	now := time.Now()
	value := d.latest.Load()
	if value == nil || value.second != now.Unix() {
		value = &datedValue{now.Unix(), now.UTC().Format(http.TimeFormat)}
		d.latest.Store(value)
	}
	return value.text
}
