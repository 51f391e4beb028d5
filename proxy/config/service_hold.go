package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router"
)

// holdKeys are the keys of a service block of an h2 router that bound what is kept of a
// request and its response until it is known whether the request is sent again.
type holdKeys struct{ set []func(*router.ServicePolicy) }

func readHold(d *Decoder) (h holdKeys) {
	add := func(set func(*router.ServicePolicy)) { h.set = append(h.set, set) }
	if d.Has("classificationTimeoutMs") {
		timeout := time.Duration(d.Int("classificationTimeoutMs", 100, 0, math.MaxInt32)) * time.Millisecond
		if timeout == 0 {
			timeout = -1
		}
		add(func(p *router.ServicePolicy) { p.HoldTime = timeout })
	}
	sizes, ok := d.Group("retryBufferSize")
	if !ok {
		return h
	}
	if n := readCount(sizes, "requestBytes", math.MaxInt32); n != nil {
		add(func(p *router.ServicePolicy) { p.ReplayBytes = orNone(*n) })
	}
	if n := readCount(sizes, "responseBytes", math.MaxInt32); n != nil {
		add(func(p *router.ServicePolicy) { p.HoldBytes = orNone(*n) })
	}
	sizes.Done()
	return h
}
