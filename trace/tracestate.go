package trace

import (
	"strings"

	oteltrace "go.opentelemetry.io/otel/trace"
)

const (
	// A combined tracestate larger than this counts as absent.
	maxStateIn = 16 << 10
	// The most that is passed on; Level 1 section 3.3.1.5 asks for at least 512.
	maxStateOut = 2048
	// Entries larger than this are left out first.
	bigStateEntry = 128
)

// joinState joins all tracestate headers to one value. It is "" if any part of it is
// malformed.
func joinState(lines []string) string {
	size := 0
	for _, l := range lines {
		size += len(l) + 1
	}
	if size == 0 || size > maxStateIn {
		return ""
	}
	var entries []string
	size = 0
	for _, l := range lines {
		for entry := range strings.SplitSeq(l, ",") {
			if entry = strings.Trim(entry, " \t"); entry != "" {
				entries = append(entries, entry)
				size += len(entry) + 1
			}
		}
	}
	state := strings.Join(entries, ",")
	if _, err := oteltrace.ParseTraceState(state); err != nil {
		return ""
	}
	if len(state) <= maxStateOut {
		return state
	}
	for i := len(entries) - 1; i >= 0 && size > maxStateOut; i-- {
		if len(entries[i]) > bigStateEntry {
			size -= len(entries[i]) + 1
			entries = append(entries[:i], entries[i+1:]...)
		}
	}
	for size > maxStateOut {
		last := len(entries) - 1
		size -= len(entries[last]) + 1
		entries = entries[:last]
	}
	return strings.Join(entries, ",")
}
