package dashboard

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The classes of success rates, and their bounds (utils.js of Linkerd's pages).
const (
	rateGood      = "sr-good"
	ratePoor      = "sr-poor"
	rateBad       = "sr-bad"
	rateUndefined = "sr-undefined"
)

// successRate is the share of successes as text, with the class that colours it.
func successRate(success, failures float64) (text, class string) {
	if success+failures <= 0 {
		return "N/A", rateUndefined
	}
	share := success / (success + failures)
	switch {
	case share >= 0.99:
		class = rateGood
	case share >= 0.9:
		class = ratePoor
	default:
		class = rateBad
	}
	return strconv.FormatFloat(100*share, 'f', 2, 64) + "%", class
}

// budgetBar is how much of a retry budget is left: of the share of requests that may be
// retried, the share that was not.
type budgetBar struct {
	Text, Class string
	Left        float64 // of the budget, from 0 to 1
	Exhausted   bool
}

func budgetOf(canRetry, requests, retries float64) budgetBar {
	left := canRetry
	if requests > 0 {
		left = max(canRetry-retries/requests, 0)
	}
	b := budgetBar{Text: wholePercent(left) + " / " + wholePercent(canRetry)}
	if canRetry > 0 {
		b.Left = left / canRetry
	}
	b.Exhausted = left == 0
	switch {
	case b.Left < 0.5:
		b.Class = "red"
	case b.Left < 0.75:
		b.Class = "orange"
	default:
		b.Class = "green"
	}
	return b
}

func wholePercent(share float64) string {
	return strconv.FormatFloat(math.Round(100*share), 'f', 0, 64) + "%"
}

// clientName splits the id of a replica set into what transformers made of it and the
// name before them; false if it is none (router_client.js).
func clientName(id string) (prefix, name string, ok bool) {
	m := clientPattern.FindStringSubmatch("/" + strings.TrimPrefix(id, "/"))
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

var clientPattern = regexp.MustCompile(`^(/%/[^$#]*[^$#/])?(/[$#]/.*)$`)

// showTime is a time with its two or three largest units; a year is 365.25 days, as on
// Linkerd's pages.
func showTime(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatFloat(math.Round(float64(d)/float64(time.Millisecond)*10)/10, 'f', -1, 64) + "ms"
	}
	const day, year = 24 * time.Hour, 24 * time.Hour * 36525 / 100
	y, d := d/year, d%year
	days, d := d/day, d%day
	h, d := d/time.Hour, d%time.Hour
	m, d := d/time.Minute, d%time.Minute
	s := d / time.Second
	switch {
	case y > 0:
		return fmt.Sprintf("%dy %dd %dh", y, days, h)
	case days > 0:
		return fmt.Sprintf("%dd %dh %dm", days, h, m)
	case h > 0:
		return fmt.Sprintf("%dh %dm %ds", h, m, s)
	case m > 0:
		return fmt.Sprintf("%dm %ds", m, s)
	}
	return fmt.Sprintf("%ds", s)
}

// showBytes is a size with one decimal from 1 KB, which is 1024 bytes.
func showBytes(n uint64) string {
	if n < 1<<10 {
		return strconv.FormatUint(n, 10) + "B"
	}
	size, unit := float64(n)/1024, 0
	for ; size >= 1024 && unit < len(byteUnits)-1; unit++ {
		size /= 1024
	}
	return strconv.FormatFloat(math.Round(size*10)/10, 'f', 1, 64) + byteUnits[unit:unit+1] + "B"
}

const byteUnits = "KMGTP"

// showLatency is a latency with at most three digits.
func showLatency(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d > 0 && ms < 0.1:
		return strconv.FormatFloat(1000*ms, 'f', 0, 64) + " µs"
	case ms >= 1000:
		return strconv.FormatFloat(ms/1000, 'g', 3, 64) + " s"
	case ms >= 100:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case ms >= 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
}

// showRate is a number of events in a second.
func showRate(r float64) string {
	switch {
	case r == 0:
		return "0"
	case r >= 100:
		return showCount(uint64(math.Round(r)))
	case r >= 10:
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return strconv.FormatFloat(r, 'f', 2, 64)
}

// showCount has a thin space between thousands.
func showCount(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u2009')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// cut is a text of at most n bytes.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}
