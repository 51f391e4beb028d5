package config

import "math"

// readSocketOptions takes what is so without the key: Linkerd's defaults, which
// are Go's as well.
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
			d.Errorf(option.key, "is not supported: only %v", option.is)
		}
	}
	// Go's servers and clients have keep-alive probes, where Linkerd leaves them
	// to the system: a dead peer is seen sooner.
	d.Bool("keepAlive", true)
	for _, key := range []string{"readTimeoutMs", "writeTimeoutMs", "backlog"} {
		if d.Int(key, 0, 0, math.MaxInt32); d.Has(key) {
			d.Errorf(key, "is not supported")
		}
	}
	d.Done()
}
