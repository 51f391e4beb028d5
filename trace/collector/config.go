package collector

import (
	"fmt"
	"time"
)

// Defaults of [Config].
const (
	DefaultMaxSpans      = 500_000
	DefaultMaxBytes      = 64 << 20
	DefaultMaxBodyBytes  = 8 << 20
	DefaultMaxTraceSpans = 50_000
	DefaultMaxUploads    = 16
	DefaultUploadTimeout = 20 * time.Second
)

const minBytes = 1 << 20

// Config bounds a [Collector]. The zero value is ready to use.
type Config struct {
	// MaxSpans is the number of spans kept; 0 means DefaultMaxSpans.
	MaxSpans int
	// MaxBytes is the memory, estimated, that kept spans and their indexes
	// take; 0 means DefaultMaxBytes. It is at least 1 MiB.
	MaxBytes int64
	// MaxBodyBytes bounds the body of one POST, as sent and decompressed; 0
	// means DefaultMaxBodyBytes or MaxBytes/4, whichever is less. More than
	// MaxBytes/4 is an error.
	MaxBodyBytes int64
	// MaxTraceSpans is the number of spans kept of one trace; 0 means
	// DefaultMaxTraceSpans or MaxSpans, whichever is less.
	MaxTraceSpans int
	// MaxHeldBytes bounds the bodies, as sent, that are held at the same time,
	// those that have arrived in part included; 0 means four times
	// MaxBodyBytes. Less than MaxBodyBytes is an error. A body that finds no
	// room waits for two seconds and is then answered 503; meanwhile those
	// whose senders have taken longer than that are broken off and answered
	// 408.
	MaxHeldBytes int64
	// MaxUploads is the number of bodies decoded at the same time; 0 means
	// DefaultMaxUploads. Others wait for two seconds and are then answered
	// 503. A body that is still arriving takes no such place.
	MaxUploads int
	// UploadTimeout is how long a body may take to arrive; 0 means
	// DefaultUploadTimeout. One that is late is answered 408.
	UploadTimeout time.Duration
	// Hosts are names by which people and programs call the collector, beside
	// localhost and IP addresses. A connection to a loopback address gets
	// answers for these Hosts alone, since a site can make its own name resolve
	// to 127.0.0.1 and have its pages read what is there; elsewhere any Host may
	// read. Spans are taken for any Host, but from browsers, which no tracer
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
		c.MaxSpans = DefaultMaxSpans
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.MaxBytes < minBytes {
		return c, fmt.Errorf("collector: MaxBytes is %d, must be at least %d", c.MaxBytes, minBytes)
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = min(DefaultMaxBodyBytes, c.MaxBytes/4)
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
		c.UploadTimeout = DefaultUploadTimeout
	}
	if c.MaxTraceSpans == 0 {
		c.MaxTraceSpans = min(DefaultMaxTraceSpans, c.MaxSpans)
	}
	if c.MaxUploads == 0 {
		c.MaxUploads = DefaultMaxUploads
	}
	return c, nil
}
