package collector

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// showDuration formats microseconds for people: 870 µs, 8.12 ms, 106 ms, 1.5 s.
func showDuration(us int64) string {
	sign := ""
	if us < 0 {
		sign, us = "-", max(-us, 0)
	}
	switch {
	case us < 1000:
		return fmt.Sprintf("%s%d µs", sign, us)
	case us < 1_000_000:
		return sign + decimal(float64(us)/1e3) + " ms"
	case us < 600_000_000:
		return sign + decimal(float64(us)/1e6) + " s"
	case us < 48*3600_000_000:
		return sign + decimal(float64(us)/3600e6) + " h"
	}
	return sign + decimal(float64(us)/(24*3600e6)) + " days"
}

func decimal(v float64) string {
	places := 3
	switch {
	case v >= 100:
		places = 1
	case v >= 10:
		places = 2
	}
	text := strconv.FormatFloat(v, 'f', places, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func showTime(us int64) string {
	t := time.UnixMicro(us).UTC()
	if us <= 0 || t.Year() > 9999 {
		return fmt.Sprintf("%d µs", us)
	}
	return t.Format("2006-01-02 15:04:05.000 UTC")
}

func isoTime(us int64) string {
	t := time.UnixMicro(us).UTC()
	if us <= 0 || t.Year() > 9999 {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

func showAgo(us int64, now time.Time) string {
	d := now.Sub(time.UnixMicro(us))
	switch {
	case us <= 0 || d < 0:
		return ""
	case d < time.Minute:
		return plural(int(d/time.Second), "second") + " ago"
	case d < time.Hour:
		return plural(int(d/time.Minute), "minute") + " ago"
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour") + " ago"
	}
	return showCount(int(d/(24*time.Hour))) + " days ago"
}

// showCount formats 12345 as 12,345.
func showCount(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return showCount(n) + " " + noun + "s"
}

// showService returns the name of a service, or what pages show if it has none.
func showService(name string) string {
	if name == "" {
		return "unknown service"
	}
	return name
}

func showName(name string) string {
	if name == "" {
		return "unnamed"
	}
	return name
}

// pieces splits a name at the places where a line may be broken: after each slash.
func pieces(name string) []string { return strings.SplitAfter(name, "/") }

// percent formats an SVG coordinate.
func percent(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) + "%" }

// showShare formats percent for people: 52.8 %, and < 0.1 % for what is almost nothing.
func showShare(v float64) string {
	if v > 0 && v < 0.1 {
		return "< 0.1 %"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " %"
}

// parseDuration reads what people write for a duration as microseconds: 100ms, 1.5s,
// 250us, or a number of milliseconds.
func parseDuration(text string) (int64, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	if len(text) > 40 {
		return 0, fmt.Errorf("%s is no duration", quote(text))
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		text += "ms"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%s is no duration: write 100ms, 1.5s, or a number of milliseconds", quote(text))
	}
	if d < time.Microsecond {
		return 0, fmt.Errorf("%s is less than a microsecond", quote(text))
	}
	return d.Microseconds(), nil
}

// writeDuration writes microseconds so that parseDuration reads the same.
func writeDuration(us int64) string {
	if us <= maxInt64/1000 {
		return strings.ReplaceAll((time.Duration(us) * time.Microsecond).String(), "µ", "u")
	}
	return strconv.FormatInt(us, 10) + "us"
}

// fieldTime is the format of a field of the type datetime-local.
const fieldTime = "2006-01-02T15:04:05.999"

// parseTime reads the value of a field for a time, in UTC unless it says otherwise, as
// milliseconds since 1970.
func parseTime(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if len(text) <= 40 {
		for _, format := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
			if t, err := time.Parse(format, text); err == nil && t.UnixMilli() > 0 {
				return t.UnixMilli(), nil
			}
		}
	}
	return 0, fmt.Errorf("%s is no time: write 2006-01-31T15:04:05, in UTC", quote(text))
}

// writeTime writes milliseconds since 1970 so that parseTime reads the same, or "" if a
// field cannot show them.
func writeTime(ms int64) string {
	if t := time.UnixMilli(ms).UTC(); ms > 0 && t.Year() <= 9999 {
		return t.Format(fieldTime)
	}
	return ""
}

// showBytes formats 8388608 as 8 MiB, and numbers that are less round in bytes.
func showBytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return showCount(int(n)) + " bytes"
}

// sentence turns an error into a sentence of a page. Errors here begin with an ASCII letter.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
