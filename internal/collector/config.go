package collector

import (
	"fmt"
	"time"
)

const (
	defaultMaxSpans      = 500_000
	defaultMaxBytes      = 64 << 20
	defaultMaxBodyBytes  = 8 << 20
	defaultMaxTraceSpans = 50_000
	defaultMaxUploads    = 16
	defaultUploadTimeout = 20 * time.Second

	minBytes = 1 << 20
)

// Config bounds a [Collector]. A zero field means its default.
type Config struct {
	// MaxSpans is the largest number of spans in the store. Default: 500,000.
	MaxSpans int
	// MaxBytes bounds the estimated memory of the stored spans and their indexes.
	// Default: 64 MiB. Less than 1 MiB is an error.
	MaxBytes int64
	// MaxBodyBytes bounds the body of one POST, both as sent and after decompression.
	// Default: 8 MiB or MaxBytes/4, whichever is less. More than MaxBytes/4
	// is an error.
	MaxBodyBytes int64
	// MaxTraceSpans is the largest number of spans that one trace may have.
	// Default: 50,000 or MaxSpans, whichever is less.
	MaxTraceSpans int
	// MaxHeldBytes bounds the bytes of all bodies that are in memory at the same time,
	// as sent, including those that have arrived only in part. Default: four times
	// MaxBodyBytes. Less than MaxBodyBytes is an error. A body that would exceed the
	// bound waits for two seconds and then gets the status 503; meanwhile, uploads that
	// have taken longer than two seconds are aborted with the status 408.
	MaxHeldBytes int64
	// MaxUploads is the number of bodies that are decoded at the same time. Default:
	// 16. Further ones wait for two seconds and then get the status 503. A body that
	// is still arriving does not count.
	MaxUploads int
	// UploadTimeout is how long a body may take to arrive. Default: 20 s. A body that
	// takes longer gets the status 408.
	UploadTimeout time.Duration
	// Hosts are the names of the collector in addition to localhost and IP addresses.
	// On a connection to a loopback address only requests for these hosts are
	// answered, because a web site can make its own name resolve to 127.0.0.1 and have
	// its pages read the traces. On other connections any Host may read. Spans are
	// accepted for any Host, unless a browser sends them: then only for these hosts,
	// because tracers are not browsers. Default: none.
	Hosts []string
	// LenientTraceIDs makes the collector compare only the lower 64 bits of trace ids.
	LenientTraceIDs bool
}

func (c Config) withDefaults() (Config, error) {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MaxSpans", int64(c.MaxSpans)}, {"MaxBytes", c.MaxBytes}, {"MaxBodyBytes", c.MaxBodyBytes},
		{"MaxTraceSpans", int64(c.MaxTraceSpans)}, {"MaxUploads", int64(c.MaxUploads)},
		{"MaxHeldBytes", c.MaxHeldBytes}, {"UploadTimeout", int64(c.UploadTimeout)},
	} {
		if f.value < 0 {
			return c, fmt.Errorf("collector: %s is %d, must not be negative", f.name, f.value)
		}
	}
	if c.MaxSpans == 0 {
		c.MaxSpans = defaultMaxSpans
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.MaxBytes < minBytes {
		return c, fmt.Errorf("collector: MaxBytes is %d, must be at least %d", c.MaxBytes, minBytes)
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = min(defaultMaxBodyBytes, c.MaxBytes/4)
	}
	if c.MaxBodyBytes > c.MaxBytes/4 {
		return c, fmt.Errorf("collector: MaxBodyBytes is %d, must be at most a quarter of MaxBytes (%d)", c.MaxBodyBytes, c.MaxBytes)
	}
	if c.MaxHeldBytes == 0 {
		c.MaxHeldBytes = 4 * c.MaxBodyBytes
	}
	if c.MaxHeldBytes < c.MaxBodyBytes {
		return c, fmt.Errorf("collector: MaxHeldBytes is %d, must be at least MaxBodyBytes (%d)", c.MaxHeldBytes, c.MaxBodyBytes)
	}
	if c.UploadTimeout == 0 {
		c.UploadTimeout = defaultUploadTimeout
	}
	if c.MaxTraceSpans == 0 {
		c.MaxTraceSpans = min(defaultMaxTraceSpans, c.MaxSpans)
	}
	if c.MaxUploads == 0 {
		c.MaxUploads = defaultMaxUploads
	}
	return c, nil
}
