package balance

import (
	"math/rand/v2"
	"net/http"
)

// P2C is the power of two choices: it draws two distinct endpoints at random and picks
// the one that is open or, if both or neither are, the one with fewer requests in
// flight. It is the default of Linkerd, where its kind is p2c (P2CPick.scala).
type P2C struct {
	// MaxEffort is how many times it draws again while the endpoint it drew is not
	// open. Then it picks whatever it draws next. Default: 5. Negative: it does not
	// draw again.
	MaxEffort int
}

// Picker implements [Balancer].
func (b P2C) Picker(endpoints []*Endpoint) Picker {
	if len(endpoints) == 1 {
		return singlePicker{endpoints[0]}
	}
	return &p2cPicker{endpoints, maxEffort(b.MaxEffort)}
}

type p2cPicker struct {
	endpoints []*Endpoint
	maxEffort int
}

func (p *p2cPicker) Pick(*http.Request) *Endpoint {
	e, _ := pickOpen(p, p.maxEffort)
	return e
}

func (p *p2cPicker) draw() (e *Endpoint, open bool) {
	i, j := randomPair(len(p.endpoints))
	return lessLoaded(p.endpoints[i], p.endpoints[j])
}

// lessLoaded returns the one of two endpoints that is open or, if both or neither are,
// the one that has fewer requests in flight.
func lessLoaded(a, b *Endpoint) (e *Endpoint, open bool) {
	aOpen, bOpen := a.Open(), b.Open()
	if aOpen != bOpen {
		if aOpen {
			return a, true
		}
		return b, true
	}
	if b.Pending() < a.Pending() {
		return b, bOpen
	}
	return a, aOpen
}

// randomPair returns two distinct numbers below n, which is at least 2. All pairs are
// equally likely.
func randomPair(n int) (i, j int) {
	random := rand.Uint64() // 32 bits are enough for each
	i = int((random >> 32) * uint64(n) >> 32)
	j = int(uint64(uint32(random)) * uint64(n-1) >> 32)
	if j >= i {
		j++
	}
	return i, j
}
