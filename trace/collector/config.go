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
	// MaxSpans is the greatest number of spans kept. Default: 500,000.
	MaxSpans int
	// MaxBytes is the most memory, estimated, that kept spans and their
	// indexes take. Default: 64 MiB. Less than 1 MiB is an error.
	MaxBytes int64
	// MaxBodyBytes bounds the body of one POST, as sent and decompressed.
	// Default: 8 MiB or MaxBytes/4, whichever is less. More than MaxBytes/4
	// is an error.
	MaxBodyBytes int64
	// MaxTraceSpans is the greatest number of spans kept of one trace.
	// Default: 50,000 or MaxSpans, whichever is less.
	MaxTraceSpans int
	// MaxHeldBytes bounds the bodies, as sent, that are held at the same time,
	// those that have arrived in part included. Default: four times
	// MaxBodyBytes. Less than MaxBodyBytes is an error. A body that exceeds it
	// waits for two seconds and is then answered 503; meanwhile uploads that
	// have taken longer than that are aborted and answered 408.
	MaxHeldBytes int64
	// MaxUploads is the number of bodies decoded at the same time. Default:
	// 16. Others wait for two seconds and are then answered 503. A body that
	// is still arriving does not count.
	MaxUploads int
	// UploadTimeout is how long a body may take to arrive. Default: 20 s. One
	// that is late is answered 408.
	UploadTimeout time.Duration
	// Hosts are names by which people and programs call the collector, beside
	// localhost and IP addresses. A connection to a loopback address gets
	// responses for these Hosts alone, since a site can make its own name resolve
	// to 127.0.0.1 and have its pages read what is there; elsewhere any Host may
	// read. Spans are accepted for any Host, but from browsers, which no tracer
	// is, only for these. Default: none.
	Hosts []string
	// LenientTraceIDs compares trace ids by their lower 64 bits only.
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
