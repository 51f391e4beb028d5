package collector

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit    = 10
	defaultLookback = 24 * time.Hour
	maxConditions   = 100
)

// query is a validated search for traces. Times are milliseconds since 1970 and durations
// are microseconds, as in Zipkin's API.
type query struct {
	service, remote, span string
	conditions            map[string]string // annotation or tag key; tag value, "": any
	minDuration           int64             // 0: any
	maxDuration           int64             // 0: any
	endTs, lookback       int64
	limit                 int
	counts                bool // also count what is beyond the limit
}

// parseQuery reads the parameters of GET /api/v2/traces. An empty parameter counts as
// missing, because HTML forms send empty fields.
func parseQuery(v url.Values, now time.Time) (query, error) {
	q := query{
		service:    strings.ToLower(v.Get("serviceName")),
		remote:     strings.ToLower(v.Get("remoteServiceName")),
		span:       strings.ToLower(v.Get("spanName")),
		conditions: parseConditions(v.Get("annotationQuery")),
	}
	if q.span == "all" {
		q.span = ""
	}
	limit := int64(0)
	for _, p := range []struct {
		name string
		into *int64
		zero int64
	}{
		{"minDuration", &q.minDuration, 0},
		{"maxDuration", &q.maxDuration, 0},
		{"endTs", &q.endTs, now.UnixMilli()},
		{"lookback", &q.lookback, defaultLookback.Milliseconds()},
		{"limit", &limit, defaultLimit},
	} {
		var err error
		if *p.into, err = positive(v, p.name, p.zero); err != nil {
			return query{}, err
		}
	}
	switch {
	case q.maxDuration > 0 && q.minDuration == 0:
		return query{}, fmt.Errorf("maxDuration needs a minDuration")
	case q.maxDuration > 0 && q.maxDuration < q.minDuration:
		return query{}, fmt.Errorf("maxDuration %d is less than minDuration %d", q.maxDuration, q.minDuration)
	}
	q.limit = int(min(limit, 1<<30))
	return q, nil
}

func positive(v url.Values, name string, none int64) (int64, error) {
	text := strings.TrimSpace(v.Get(name))
	if text == "" {
		return none, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %s is not a whole number", name, quote(text))
	}
	if n <= 0 {
		return 0, fmt.Errorf("%s: %d is not greater than 0", name, n)
	}
	return n, nil
}

// parseConditions reads "error and http.method=GET". A word matches the value of an
// annotation or the key of a tag; a pair matches a tag. Of a word and a pair with the same
// key the pair counts, and of several pairs the last one.
func parseConditions(text string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.SplitN(text, " and ", maxConditions) {
		key, value, pair := strings.Cut(part, "=")
		if key = strings.TrimSpace(key); key == "" {
			continue
		}
		if _, have := out[key]; pair || !have {
			out[key] = strings.TrimSpace(value)
		}
	}
	return out
}

// matches reports whether a trace meets the query. If the query has a service name, all
// other conditions apply only to the spans that this service reported.
func (q *query) matches(spans []*span) bool {
	start := startOf(spans)
	if start == 0 || start < q.beginMicros() || start > mulSaturating(q.endTs, 1000) {
		return false
	}
	service, remote, span, duration := q.service == "", q.remote == "", q.span == "", q.minDuration == 0
	met := make(map[string]bool, len(q.conditions))
	for _, s := range spans {
		if q.service != "" && s.service() != q.service {
			continue
		}
		service = true
		remote = remote || s.remoteService() == q.remote
		span = span || s.name == q.span
		duration = duration || s.duration >= q.minDuration && (q.maxDuration == 0 || s.duration <= q.maxDuration)
		for key, value := range q.conditions {
			if !met[key] && s.fulfils(key, value) {
				met[key] = true
			}
		}
	}
	return service && remote && span && duration && len(met) == len(q.conditions)
}

func (s *span) fulfils(key, value string) bool {
	got, ok := s.tag(key)
	if ok && (value == "" || got == value) {
		return true
	}
	if value != "" {
		return false
	}
	for _, a := range s.annotations {
		if a.value == key {
			return true
		}
	}
	return false
}

// startOf returns the timestamp of the first root that has one, or else the earliest of all.
func startOf(spans []*span) int64 {
	first := int64(0)
	for _, s := range spans {
		if s.timestamp == 0 {
			continue
		}
		if s.parent == 0 {
			return s.timestamp
		}
		if first == 0 || s.timestamp < first {
			first = s.timestamp
		}
	}
	return first
}

func (q *query) beginMicros() int64 {
	return mulSaturating(max(q.endTs-q.lookback, 0), 1000)
}

func mulSaturating(a, b int64) int64 {
	if a > maxInt64/b {
		return maxInt64
	}
	return a * b
}
