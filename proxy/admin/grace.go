package admin

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxGraceText bounds the text of a duration.
const maxGraceText = 256

// parseGrace reads a duration as Go writes it ("1m30s") or as Linkerd does
// ("1.minute+30.seconds", Duration.scala). A negative one is an error.
func parseGrace(text string) (time.Duration, error) {
	if len(text) > maxGraceText {
		return 0, invalidGrace("a text of " + strconv.Itoa(len(text)) + " bytes")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		var ok bool
		if d, ok = twitterDuration(text); !ok {
			return 0, invalidGrace(text)
		}
	}
	if d < 0 {
		return 0, invalidGrace(text)
	}
	return d, nil
}

// twitterDuration reads a sum of parts such as "1.minute + 30.seconds".
func twitterDuration(text string) (sum time.Duration, ok bool) {
	part := regexp.MustCompile(`^\s*([+-]?)\s*([0-9]{1,19})\.([a-z]+)\s*`)
	for first := true; first || text != ""; first = false {
		m := part.FindStringSubmatch(text)
		if m == nil || !first && m[1] == "" {
			return 0, false
		}
		n, err := strconv.ParseInt(m[2], 10, 64)
		unit := unitOf(strings.TrimSuffix(m[3], "s"))
		if err != nil || unit == 0 || n > math.MaxInt64/int64(unit) {
			return 0, false
		}
		d := time.Duration(n) * unit
		if m[1] == "-" {
			d = -d
		}
		if d > 0 && sum > math.MaxInt64-d || d < 0 && sum < math.MinInt64-d {
			return 0, false
		}
		sum += d
		text = text[len(m[0]):]
	}
	return sum, true
}

func unitOf(name string) time.Duration {
	switch name {
	case "nanosecond":
		return time.Nanosecond
	case "microsecond":
		return time.Microsecond
	case "millisecond":
		return time.Millisecond
	case "second":
		return time.Second
	case "minute":
		return time.Minute
	case "hour":
		return time.Hour
	case "day":
		return 24 * time.Hour
	}
	return 0
}
