package serve

import "sync/atomic"

// Stats are a server's counters.
type Stats struct {
	Connections int64  // open now, including upgraded ones
	Accepted    uint64 // connections
	Waited      uint64 // accepted connections that had to wait, because MaxConnections were open and none was idle

	// Connections that the server closed, by the limit that they exceeded.
	IdleTimeouts     uint64
	HeadTimeouts     uint64
	BodyTimeouts     uint64
	ResponseTimeouts uint64
	Evicted          uint64 // idle ones, closed to make room for a new connection
	Lifetimes        uint64 // by Config.MaxLifetime
	ReadTimeouts     uint64 // by Config.Socket
	WriteTimeouts    uint64
	Floods           uint64 // of HTTP/2, whose client reset too many streams or sent too many frames that ask for nothing

	// Mistakes are what clients did against the rules of HTTP/2. Each ended a stream or its
	// connection.
	Mistakes uint64

	// What went over the connections; bytes are counted at least once a second.
	// [Server.Traffic] has more.
	Received, Sent uint64 // bytes, heads and framing included
	RefusedHeads   uint64 // requests that never came to the handler
}

type connCounts struct {
	accepted, waited                    atomic.Uint64
	idle, head, body, response, evicted atomic.Uint64
	life, socketRead, socketWrite       atomic.Uint64
	floods, mistakes                    atomic.Uint64
}

// Stats returns the counters since the server was made.
func (s *Server) Stats() Stats {
	c := &s.conns
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	moved := s.tally.Moves()
	return Stats{
		Connections:      int64(open),
		Accepted:         c.counts.accepted.Load(),
		Waited:           c.counts.waited.Load(),
		IdleTimeouts:     c.counts.idle.Load(),
		HeadTimeouts:     c.counts.head.Load(),
		BodyTimeouts:     c.counts.body.Load(),
		ResponseTimeouts: c.counts.response.Load(),
		Evicted:          c.counts.evicted.Load(),
		Lifetimes:        c.counts.life.Load(),
		ReadTimeouts:     c.counts.socketRead.Load(),
		WriteTimeouts:    c.counts.socketWrite.Load(),
		Floods:           c.counts.floods.Load(),
		Mistakes:         c.counts.mistakes.Load(),

		Received: moved.Received, Sent: moved.Sent, RefusedHeads: moved.Refused,
	}
}
