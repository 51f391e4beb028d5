package config

import (
	"slices"
	"strings"
)

// nearest returns the one of words that was probably meant, or "".
func nearest(word string, words []string) string {
	if word == "" || len(word) > maxShown {
		return ""
	}
	best, bestDistance := "", len(word)/3+1
	if len(word) <= 2 {
		bestDistance = 1
	}
	for _, w := range slices.Sorted(slices.Values(words)) {
		if w == word {
			continue
		}
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < bestDistance || d == bestDistance && best == "" {
			best, bestDistance = w, d
		}
	}
	return best
}

// distance is the number of letters that must be added, dropped, changed or swapped with
// their neighbour to turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now := make([]int, len(b)+1)
		now[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			now[j] = min(last[j]+1, now[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last = last, now
	}
	return last[len(b)]
}
