// Package statsd sends what a process counts to a statsd, by UDP, once in an interval:
//
//	sender := statsd.New(statsd.Config{Addr: "127.0.0.1:8125", Prefix: "linkerd"})
//	sender.Flush(ctx, statsd.Whole, func(r *statsd.Reading) {
//		r.Counter("rt/outgoing/server/0.0.0.0/4140/requests", 17)
//	})
//
// Counters are sent as what they have grown by, gauges as they are, and how values are
// spread in the interval as gauges. No event is lost on this side, where Linkerd sends a
// line for one in a hundred; what a request pays for is a counter.
package statsd

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
)

// Config says where a [Sender] sends. Only Addr is required.
type Config struct {
	Addr   string // "host:port"
	Prefix string // stands before each name, with a dot; empty: nothing does
	// Dial connects. Default: that of [net.Dialer].
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// ErrorLog is told of what is lost. Default: nobody is.
	ErrorLog *slog.Logger
}

// A Sender remembers what it has sent. Make one with [New]. It is safe for concurrent use.
type Sender struct {
	config          Config
	packets, failed atomic.Uint64
	trouble         trouble.Trouble

	mu   sync.Mutex
	conn net.Conn         // guarded by mu, as all that follows; nil: there is none
	used int              // how many times it was
	last map[string]state // what was sent, by the path
}

// New returns a Sender. It does nothing by itself.
func New(config Config) *Sender {
	if config.Dial == nil {
		config.Dial = new(net.Dialer).DialContext
	}
	if config.ErrorLog == nil {
		config.ErrorLog = slog.New(slog.DiscardHandler)
	}
	return &Sender{config: config, last: map[string]state{}}
}

const (
	// maxPacket is how many bytes a packet may have: what an Ethernet takes in one piece.
	maxPacket = 1400
	// burst is how many packets are sent before a pause: the receive buffer of a statsd
	// takes 200 KB by default, and pages of metrics are larger than that.
	burst = 8
	pause = time.Millisecond
	// maxUses is how often a connection is used before the name is looked up again. That
	// nobody listens is told to those who use it twice.
	maxUses = 6
)

// Stats is what a Sender has counted.
type Stats struct {
	Packets uint64 // sent; who receives them is not known
	Failed  uint64 // could not be sent
}

// Stats returns the counters as they are now.
func (s *Sender) Stats() Stats { return Stats{s.packets.Load(), s.failed.Load()} }

// A Part says what of a reading is sent.
type Part uint8

const (
	// Whole is everything there is: what is not read any more is forgotten.
	Whole Part = iota
	// Shared is the same, but somebody else sends by the same Sender, too: nothing is
	// forgotten.
	Shared
	// Rest is only counters: somebody else sends the gauges.
	Rest
)

// Prime has the next Flush send only what comes from now on.
func (s *Sender) Prime(read func(*Reading)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Reading{sender: s, quiet: true, next: map[string]state{}}
	read(r)
	s.last = r.next
}

// Flush sends what has changed since the last time, until ctx is done. What cannot be sent
// because there is no connection is sent the next time.
func (s *Sender) Flush(ctx context.Context, part Part, read func(*Reading)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.connect(ctx); err != nil {
		if ctx.Err() == nil {
			s.lost(err)
		}
		return
	}
	r := &Reading{sender: s, part: part, next: map[string]state{}}
	if part != Whole {
		r.next = s.last
	}
	read(r)
	s.last = r.next
	r.end()
	s.write(ctx, r.packets)
}

// Close closes the connection. The Sender may be used again.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnect()
}

func (s *Sender) connect(ctx context.Context) (err error) {
	if s.used++; s.conn != nil && s.used <= maxUses {
		return nil
	}
	conn, err := s.config.Dial(ctx, "udp", s.config.Addr)
	if err != nil {
		return err
	}
	s.disconnect()
	s.conn, s.used = conn, 1
	return nil
}

func (s *Sender) disconnect() {
	if s.conn != nil {
		_ = s.conn.Close() // nothing is buffered
		s.conn = nil
	}
}

// write sends packets, with pauses.
func (s *Sender) write(ctx context.Context, packets [][]byte) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failed := uint64(0)
	for i, packet := range packets {
		if i%burst == burst-1 {
			timer.Reset(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				s.failed.Add(uint64(len(packets) - i))
				return
			}
		}
		_, err := s.conn.Write(packet)
		if err != nil {
			failed++
			s.lost(err)
			// It may be what became of an earlier packet, and this one was not sent.
			_, err = s.conn.Write(packet)
		}
		if err == nil {
			s.packets.Add(1)
		}
	}
	if failed > 0 {
		s.disconnect() // the host may have another address by now
		return
	}
	if s.used == 1 || len(packets) == 0 {
		return
	}
	if times, lasted, ok := s.trouble.Over(); ok {
		s.config.ErrorLog.Info("statsd is sent metrics again", "address", s.config.Addr, "failures", times, "after", lasted)
	}
}

func (s *Sender) lost(err error) {
	s.failed.Add(1)
	if times, ok := s.trouble.Happened(1); ok {
		s.config.ErrorLog.Warn("statsd does not get metrics", "address", s.config.Addr, "failures", times, "error", err)
	}
}
