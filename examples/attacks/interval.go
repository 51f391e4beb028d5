package main

import "math"

// upper95 is the upper end of the 95 % interval of a share of which k of n were
// seen (Wilson's).
func upper95(k, n int) float64 {
	if n == 0 {
		return 1
	}
	const z = 1.96
	p, size := float64(k)/float64(n), float64(n)
	middle := p + z*z/(2*size)
	spread := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return (middle + spread) / (1 + z*z/size)
}
