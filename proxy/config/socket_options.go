package config

import "math"

// readSocketOptions reads options of sockets. They change how bytes move, not
// where requests go: a value that differs from what Go does gets a notice.
func readSocketOptions(of *Decoder) {
	d, ok := of.Group("socketOptions")
	if !ok {
		return
	}
	for _, option := range []struct {
		key string
		is  bool
	}{{"noDelay", true}, {"reuseAddr", true}, {"reusePort", false}} {
		if d.Bool(option.key, option.is) != option.is {
			d.Noticef(option.key, "has no effect yet: it is always %v", option.is)
		}
	}
	// Go's servers and clients have keep-alive probes, where Linkerd leaves them
	// to the system: a dead peer is seen sooner.
	d.Bool("keepAlive", true)
	for _, key := range []string{"readTimeoutMs", "writeTimeoutMs"} {
		if d.Int(key, 0, 0, math.MaxInt32); d.Has(key) {
			d.Noticef(key, "has no effect yet")
		}
	}
	if d.Int("backlog", 0, 0, math.MaxInt32); d.Has("backlog") {
		d.Noticef("backlog", "has no effect: the system's limit is used")
	}
	d.Done()
}
