package h1

// Stats is the state of a [Transport] and what it has counted since it was made.
type Stats struct {
	Open    int // connections, in use and idle, including those of tunnels
	Idle    int // connections of Open that wait for a request
	Waiters int // requests that wait for one of MaxConns

	Waited          uint64 // requests that had to wait
	TooManyWaiters  uint64 // requests that were refused with ErrTooManyWaiters
	Connects        uint64 // connections made
	ConnectFailures uint64 // failed dials, not counting those whose caller had cancelled
	Unasked         uint64 // connections that were closed because the peer sent bytes that no request asked for
	ReadTimeouts    uint64 // connections that were closed by Config.ReadTimeout
	WriteTimeouts   uint64 // writes that failed by Config.WriteTimeout
}

// Stats returns the current counters.
func (t *Transport) Stats() Stats {
	p := &t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	closes := p.closes.Load() // read first, because a connection is made before it is closed
	connects := p.connects.Load()
	return Stats{
		Open:            int(connects - closes),
		Idle:            len(p.idle),
		Waiters:         p.waiters.Len(),
		Waited:          p.waited,
		TooManyWaiters:  p.refused,
		Connects:        connects,
		ConnectFailures: p.connectFailures.Load(),
		Unasked:         p.unasked.Load(),
		ReadTimeouts:    t.silences.readLate.Load(),
		WriteTimeouts:   t.silences.wroteLate.Load(),
	}
}
