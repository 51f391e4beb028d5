package timeout

import (
	"strconv"
	"strings"
	"time"
)

// Duration writes a duration in the form of Linkerd's messages:
// "10.seconds", "1.seconds+500.milliseconds".
func Duration(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{
		{24 * time.Hour, "days"},
		{time.Hour, "hours"},
		{time.Minute, "minutes"},
		{time.Second, "seconds"},
		{time.Millisecond, "milliseconds"},
		{time.Microsecond, "microseconds"},
		{time.Nanosecond, "nanoseconds"},
	} {
		if n := d / unit.size; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+"."+unit.name)
			d -= n * unit.size
		}
	}
	if len(parts) == 0 {
		return "0.seconds"
	}
	return strings.Join(parts, "+")
}
