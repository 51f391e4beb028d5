package collector

import (
	"fmt"
	"strconv"
	"strings"
)

// place is where a page of a search ends: the place of its last trace among all.
type place struct {
	at  int64 // milliseconds
	key traceID
}

// before reports whether a candidate comes after the place, that is, whether the place is
// before it.
func (p *place) before(c candidate) bool {
	if c.at != p.at {
		return c.at < p.at
	}
	return c.trace.key.compare(p.key) < 0
}

func (p place) String() string { return strconv.FormatInt(p.at, 10) + "-" + p.key.String() }

// parsePlace reads what String wrote; "" is nil, the beginning.
func parsePlace(text string) (*place, error) {
	if text == "" {
		return nil, nil
	}
	at, id, _ := strings.Cut(text, "-")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || ms < 0 {
		return nil, fmt.Errorf("after: %s is no place in a list of traces", quote(text))
	}
	key, err := parseTraceID(id)
	if err != nil {
		return nil, fmt.Errorf("after: trace id %w", err)
	}
	return &place{ms, key}, nil
}
