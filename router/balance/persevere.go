package balance

// chooser chooses an endpoint, which may not be open.
type chooser interface {
	choose() (e *Endpoint, open bool)
}

// persevere chooses until it finds an open endpoint, but only so often; then it
// takes what it gets (Balancer.scala).
func persevere[C chooser](c C, effort int) (e *Endpoint, open bool) {
	for range effort {
		if e, open := c.choose(); open {
			return e, true
		}
	}
	e, open = c.choose()
	if !open || effort > 0 {
		e.health.counters.exhausted.Add(1)
	}
	return e, open
}
