package config

import (
	"math"
	"strconv"
	"strings"
)

// readAccessLog reads the keys of a router's access log, which is not written
// yet: a notice says so.
func readAccessLog(d *Decoder) {
	if policy := d.Text("httpAccessLogRollPolicy", "never"); !isRollPolicy(policy) {
		d.Errorf("httpAccessLogRollPolicy", "must be never, hourly, daily, weekly(n) with n from 1 to 7, or a size such as 10.megabytes, not %s", quoted(policy))
	}
	d.Bool("httpAccessLogAppend", true)
	d.Int("httpAccessLogRotateCount", -1, -1, math.MaxInt32)
	d.Text("httpAccessLog", "")
	if d.Has("httpAccessLog") {
		d.Noticef("httpAccessLog", "no access log is written yet; io.l5d.tracelog writes a line for each span")
	}
}

// isRollPolicy reports whether Linkerd accepts a policy (com.twitter.logging.Policy).
func isRollPolicy(text string) bool {
	text = strings.ToLower(text)
	switch text {
	case "never", "hourly", "daily", "sighup":
		return true
	}
	if day, ok := strings.CutPrefix(text, "weekly("); ok {
		n, err := strconv.Atoi(strings.TrimSuffix(day, ")"))
		return err == nil && strings.HasSuffix(day, ")") && 1 <= n && n <= 7
	}
	number, unit, ok := strings.Cut(text, ".")
	if _, err := strconv.ParseUint(number, 10, 63); !ok || err != nil {
		return false
	}
	switch strings.TrimSuffix(unit, "s") {
	case "byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte", "exabyte":
		return true
	}
	return false
}
