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
