package sink

import (
	"fmt"
	"time"
)

// Limits are the bounds of a Sink, as the configurations of its users name and describe
// them.
type Limits struct {
	Timeout            time.Duration // of one post
	MaxBodyBytes       int
	MaxBytes           int
	FlushEvery         time.Duration
	Uploads            int
	MaxRetries         int // negative: none
	RetryMin, RetryMax time.Duration
}

// WithDefaults replaces zeros by defaults. What is negative or too small is an error, which
// begins with the name.
func (l Limits) WithDefaults(name string) (Limits, error) {
	for _, f := range []struct {
		name            string
		value           *int
		def, allowsFrom int
	}{
		{"MaxBodyBytes", &l.MaxBodyBytes, 4 << 20, 1 << 10},
		{"MaxBytes", &l.MaxBytes, 64 << 20, 64 << 10},
		{"Uploads", &l.Uploads, 8, 1},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if *f.value < f.allowsFrom {
			return l, fmt.Errorf("%s: sink: %s is %d, less than %d", name, f.name, *f.value, f.allowsFrom)
		}
	}
	for _, f := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"Timeout", &l.Timeout, 10 * time.Second},
		{"FlushEvery", &l.FlushEvery, time.Second},
		{"RetryMin", &l.RetryMin, 100 * time.Millisecond},
		{"RetryMax", &l.RetryMax, 5 * time.Second},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if *f.value < 0 {
			return l, fmt.Errorf("%s: sink: %s is negative: %v", name, f.name, *f.value)
		}
	}
	switch {
	case l.MaxRetries == 0:
		l.MaxRetries = 10
	case l.MaxRetries < 0:
		l.MaxRetries = 0
	}
	l.MaxBodyBytes = min(l.MaxBodyBytes, l.MaxBytes/2)
	l.RetryMax = max(l.RetryMax, l.RetryMin)
	return l, nil
}
