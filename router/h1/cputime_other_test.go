//go:build !unix

package h1_test

import "time"

// cpuTime cannot be measured here.
func cpuTime() time.Duration { return 0 }
