package config

import "math"

// readSocketOptions reads options of sockets. They do not change where requests go, so a
// value that differs from what Go does only gets a notice.
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
	// Servers and clients in Go always send keep-alive probes, which find a dead peer
	// sooner; Linkerd leaves them to the system.
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
