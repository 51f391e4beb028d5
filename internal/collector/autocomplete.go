package collector

import (
	"maps"
	"slices"
)

// What the completion of tags looks at and returns. It is made when somebody asks, out of
// the newest spans, so that it costs nothing when spans arrive, and forgets what they forget.
const (
	maxCompletedTags   = 50_000 // of the newest spans
	maxCompletedKeys   = 200
	maxCompletedValues = 200
	maxCompletedText   = 128 // bytes of a key or a value; longer ones are left out
	maxSuggested       = 20  // values of a key in the form; one with more has free texts
	maxSuggestions     = 300
)

// tagKeys returns the keys of tags of the newest spans, in order.
func (s *store) tagKeys() []string {
	keys := map[string]struct{}{}
	s.eachRecentTag(func(t tag) {
		if len(keys) < maxCompletedKeys {
			keys[t.key] = struct{}{}
		}
	})
	return sortedKeys(keys)
}

// tagValues returns the values that a tag has in the newest spans, in order.
func (s *store) tagValues(key string) []string {
	values := map[string]struct{}{}
	s.eachRecentTag(func(t tag) {
		if t.key == key && t.value != "" && len(t.value) <= maxCompletedText && len(values) < maxCompletedValues {
			values[t.value] = struct{}{}
		}
	})
	return sortedKeys(values)
}

// suggestions returns conditions for the search form: each key, and key=value for keys
// with few values.
func (s *store) suggestions() []string {
	values := map[string]map[string]struct{}{}
	s.eachRecentTag(func(t tag) {
		of := values[t.key]
		if of == nil {
			if len(values) == maxCompletedKeys {
				return
			}
			of = map[string]struct{}{}
			values[t.key] = of
		}
		if t.value != "" && len(t.value) <= maxCompletedText && len(of) <= maxSuggested {
			of[t.value] = struct{}{}
		}
	})
	var out []string
	suggest := func(key, condition string) {
		// Some texts cannot be written as a condition.
		if read := parseConditions(condition); len(read) == 1 && len(out) < maxSuggestions {
			if _, same := read[key]; same {
				out = append(out, condition)
			}
		}
	}
	for _, key := range sortedKeys(values) {
		suggest(key, key)
		if len(values[key]) <= maxSuggested {
			for _, value := range slices.Sorted(maps.Keys(values[key])) {
				suggest(key, key+"="+value)
			}
		}
	}
	return out
}

// eachRecentTag calls f for the tags of the newest spans.
func (s *store) eachRecentTag(f func(tag)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	left := maxCompletedTags
	for t := s.newest; t != nil; t = t.older {
		for _, sp := range t.spans {
			if left -= 1 + len(sp.tags); left < 0 {
				return
			}
			for _, tag := range sp.tags {
				if len(tag.key) <= maxCompletedText {
					f(tag)
				}
			}
		}
	}
}
