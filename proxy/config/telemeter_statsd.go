package config

import (
	"math"
	"net"
	"strconv"
	"time"
)

// A Statsd is where metrics are sent by UDP; it is what admin.Statsd is made of.
type Statsd struct {
	Addr     string // "host:port"
	Prefix   string // stands before each name, with a dot
	Interval time.Duration
}

// minStatsdInterval is the least time between two times that all metrics are sent.
const minStatsdInterval = 100 * time.Millisecond

// statsdTelemeter is io.l5d.statsd.
func statsdTelemeter(d *Decoder) (Telemeter, error) {
	if !d.Bool("experimental", false) {
		d.Errorf("experimental", "The io.l5d.statsd telemeter is experimental and must be explicitly enabled by setting the `experimental' parameter to `true'.")
	}
	host := d.Text("hostname", "127.0.0.1")
	if host == "" {
		d.Errorf("hostname", "must not be empty")
	}
	to := Statsd{
		Prefix:   d.Text("prefix", "linkerd"),
		Addr:     net.JoinHostPort(host, strconv.Itoa(int(d.Port("port", 8125, 1)))),
		Interval: time.Duration(d.Int("gaugeIntervalMs", 10000, 1, math.MaxInt32)) * time.Millisecond,
	}
	if to.Interval < minStatsdInterval {
		d.Noticef("gaugeIntervalMs", "is taken for %d, the least there is here", minStatsdInterval.Milliseconds())
		to.Interval = minStatsdInterval
	}
	if rate := sampleRate(d, "sampleRate", 0.01); d.Has("sampleRate") && rate < 1 {
		d.Noticef("sampleRate", "has no effect: every event is counted, and the counts are sent once in gaugeIntervalMs")
	}
	return Telemeter{Statsd: &to}, nil
}
