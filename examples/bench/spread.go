package main

import (
	"math"
	"slices"
)

// spread is the median of some values and their quartiles.
type spread struct{ Lower, Median, Upper float64 }

// spreadOf interpolates between values, as spreadsheets do.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(part float64) float64 {
		whole, rest := math.Modf(part * float64(len(sorted)-1))
		i := int(whole)
		if i+1 == len(sorted) {
			return sorted[i]
		}
		return sorted[i] + rest*(sorted[i+1]-sorted[i])
	}
	return spread{at(0.25), at(0.5), at(0.75)}
}

// each is a value of all windows.
func each[T any](all []T, value func(T) float64) []float64 {
	var values []float64
	for _, one := range all {
		values = append(values, value(one))
	}
	return values
}

// ratios compares two candidates' windows, round by round.
func ratios[T any](of, to []T, value func(T) float64) []float64 {
	var all []float64
	for i := range min(len(of), len(to)) {
		all = append(all, value(of[i])/value(to[i]))
	}
	return all
}

// interval is the median of some values and where the median of many more like
// them is to be expected. Unlike quartiles it becomes narrower with every value.
type interval struct{ Lower, Median, Upper float64 }

// intervalOf is with a confidence of 95 %.
func intervalOf(values []float64) interval { return intervalAt(values, 0.95) }

// intervalAt assumes nothing about how the values are distributed: how many of
// them lie below the true median is binomial. Five or fewer are too few for 95 %,
// and the interval is all of them.
func intervalAt(values []float64, confidence float64) interval {
	if len(values) == 0 {
		return interval{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n, out := len(sorted), 0
	exactly := math.Pow(0.5, float64(n)) // the chance that just out of n are below
	for below := exactly; ; out++ {
		exactly *= float64(n-out) / float64(out+1)
		if below += exactly; below > (1-confidence)/2 {
			break
		}
	}
	return interval{sorted[out], spreadOf(sorted).Median, sorted[n-1-out]}
}
