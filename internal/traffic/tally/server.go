package tally

import (
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic"
)

// Server counts what a server did. Make one with [NewServer]. It is safe for concurrent
// use.
type Server struct {
	Conns
	served, upgraded, broken atomic.Uint64
	heads                    atomic.Uint64 // bytes
	refused                  [traffic.Reasons]atomic.Uint64
	head, first, write       histogram.Histogram
}

// NewServer returns counters at zero.
func NewServer() *Server { return &Server{Conns: Conns{born: time.Now()}} }

var _ traffic.Server = (*Server)(nil)

// Served implements traffic.Server.
func (s *Server) Served(e traffic.Exchange) {
	s.served.Add(1)
	if e.HeadBytes > 0 {
		s.heads.Add(e.HeadBytes)
	}
	if e.Upgraded {
		s.upgraded.Add(1)
	}
	if e.Broken {
		s.broken.Add(1)
	}
	if !e.Timed {
		return
	}
	at := e.Ended.Sub(s.born)
	s.head.Record(at, e.Head)
	if e.Status != 0 && !e.Upgraded {
		s.first.Record(at, e.First)
		s.write.Record(at, e.Write)
	}
}

// Refused implements traffic.Server.
func (s *Server) Refused(r traffic.Refusal) { s.refused[r.Reason].Add(1) }

// ServerTotals are what a [Server] had counted at one moment.
type ServerTotals struct {
	ConnTotals
	Served, Upgraded, Broken uint64                  // requests
	HeadBytes                uint64                  // of the heads of those; 0: the server does not tell
	Refused                  [traffic.Reasons]uint64 // that never came to the handler
	Handshakes               handshake.Totals        // of TLS; a Server counts none

	// Of the requests whose times were measured, see traffic.Exchange.
	Head, First, Write histogram.Snapshot
}

// Moves are some of the totals, which cost nothing to read.
type Moves struct{ Received, Sent, Refused uint64 }

// Moves returns what was counted until now.
func (s *Server) Moves() Moves {
	m := Moves{Received: s.received.Load(), Sent: s.sent.Load()}
	for i := range s.refused {
		m.Refused += s.refused[i].Load()
	}
	return m
}

// Read returns what was counted until now.
func (s *Server) Read() ServerTotals {
	at := time.Since(s.born)
	t := ServerTotals{
		ConnTotals: s.Conns.Read(), Served: s.served.Load(), Upgraded: s.upgraded.Load(), Broken: s.broken.Load(),
		HeadBytes: s.heads.Load(),
		Head:      s.head.Read(at), First: s.first.Read(at), Write: s.write.Read(at),
	}
	for i := range s.refused {
		t.Refused[i] = s.refused[i].Load()
	}
	return t
}
