package accesslog

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Policy says when a log file is rolled: renamed, so that a new one begins. The zero
// value is never.
type Policy struct {
	every period
	day   time.Weekday // weekly
	size  int64        // bytes
}

type period uint8

const (
	never period = iota
	hourly
	daily
	weekly
	bySize
)

// PolicyForms are the policies that there are, in words.
const PolicyForms = "never, sighup, hourly, daily, weekly(n) with n from 1 (Sunday) to 7, or a size such as 10.megabytes"

// ParsePolicy reads a policy as Linkerd writes it, in upper or lower case
// (com.twitter.logging.Policy). sighup is the same as never here, because every file is
// opened again at SIGHUP. The error has Linkerd's words.
func ParsePolicy(text string) (Policy, error) {
	lower := strings.ToLower(text)
	switch lower {
	case "never", "sighup":
		return Policy{}, nil
	case "hourly":
		return Policy{every: hourly}, nil
	case "daily":
		return Policy{every: daily}, nil
	}
	if day, ok := strings.CutPrefix(lower, "weekly("); ok {
		if day, ok = strings.CutSuffix(day, ")"); ok && len(day) == 1 && '1' <= day[0] && day[0] <= '7' {
			return Policy{every: weekly, day: time.Weekday(day[0] - '1')}, nil
		}
	} else if size, ok := parseSize(lower); ok {
		return Policy{every: bySize, size: size}, nil
	}
	return Policy{}, errors.New("Invalid log roll policy: " + text)
}

// parseSize reads a size such as "3.megabytes".
func parseSize(text string) (size int64, ok bool) {
	number, unit, ok := strings.Cut(text, ".")
	n, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil || n == 0 {
		return 0, false
	}
	for shift, name := range [...]string{"byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte", "exabyte"} {
		if unit == name || unit == name+"s" {
			return int64(n << (10 * shift)), n <= math.MaxInt64>>(10*shift)
		}
	}
	return 0, false
}

// next is when a file that was opened at a time is rolled; zero: the time is no reason.
func (p Policy) next(opened time.Time) time.Time {
	year, month, day := opened.Date()
	switch p.every {
	case hourly:
		past := time.Duration(opened.Minute())*time.Minute + time.Duration(opened.Second())*time.Second + time.Duration(opened.Nanosecond())
		return opened.Add(time.Hour - past)
	case daily:
		return time.Date(year, month, day+1, 0, 0, 0, 0, opened.Location())
	case weekly:
		days := int(p.day-opened.Weekday()+7) % 7
		if days == 0 {
			days = 7
		}
		return time.Date(year, month, day+days, 0, 0, 0, 0, opened.Location())
	}
	return time.Time{}
}

// stamp is what stands in the name of a file that was opened at a time and is rolled.
func (p Policy) stamp(opened time.Time) string {
	switch p.every {
	case hourly:
		return opened.Format("20060102-15")
	case bySize:
		return opened.Format("20060102-150405")
	}
	return opened.Format("20060102")
}
