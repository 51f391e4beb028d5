// Package scribe sends spans to a Zipkin by Scribe: calls of the method Log in
// framed TBinaryProtocol, and errors that say whether to try again.
package scribe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
)

const (
	// ProbeTimeout is how long a Probe waits.
	ProbeTimeout = 2 * time.Second

	maxReply = 64 << 10
)

// Dial opens a connection.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Config configures a Sender.
type Config struct {
	Addr    string // host:port
	Dial    Dial
	Timeout time.Duration // of a call, dialling included
	Idle    int           // connections that are kept
}

// Sender calls a Scribe. A call has a connection to itself while it lasts; the
// connection serves the next one.
type Sender struct {
	config Config

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// New returns a sender. No connection is made yet.
func New(c Config) (*Sender, error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil || host == "" || port == "" {
		return nil, fmt.Errorf("zipkin: scribe: %q is not host:port", c.Addr)
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	return &Sender{config: c}, nil
}

// Addr is where it sends to.
func (s *Sender) Addr() string { return s.config.Addr }

// Entries are LogEntry structs, one after the other, in parts.
type Entries struct {
	Parts [][]byte
	Count int
}

// Log sends entries in one call, and does not touch them after it has returned.
// Begun reports whether a connection was there to send them on.
func (s *Sender) Log(ctx context.Context, e Entries) (begun bool, err *trace.ExportError) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	begun, cause := s.call(ctx, e)
	if cause == nil {
		return begun, nil
	}
	var refused *exception
	permanent := errors.As(cause, &refused) && refused.code != internalError
	why := drops.Refused
	var network net.Error
	switch {
	case refused != nil || errors.Is(cause, ErrTryLater):
		why = drops.Status
	case ctx.Err() != nil || errors.As(cause, &network) && network.Timeout():
		why = drops.Timeout
	}
	return begun, &trace.ExportError{Reason: why, Permanent: permanent, Err: fmt.Errorf("zipkin: scribe to %s: %w", s.config.Addr, cause)}
}

// Probe reports whether there is a Scribe: whether it replies to a call of Log
// without entries. One that replies TRY_LATER is there.
func (s *Sender) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ProbeTimeout)
	defer cancel()
	_, err := s.call(ctx, Entries{})
	if err == nil || errors.Is(err, ErrTryLater) {
		return nil
	}
	return fmt.Errorf("zipkin: scribe to %s: %w", s.config.Addr, err)
}

// Close lets go of idle connections.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.idle {
		_ = c.Close()
	}
	s.idle = nil
}

func (s *Sender) call(ctx context.Context, e Entries) (begun bool, err error) {
	c, err := s.connection(ctx)
	if err != nil {
		return false, err
	}
	// A connection whose call was broken off may still carry its reply.
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	err = c.call(e)
	inTime := stop()
	var refused *exception
	if inTime && (err == nil || errors.Is(err, ErrTryLater) || errors.As(err, &refused)) && s.keep(c) {
		return true, err
	}
	_ = c.Close()
	return true, err
}

func (s *Sender) connection(ctx context.Context) (*conn, error) {
	s.mu.Lock()
	if last := len(s.idle) - 1; last >= 0 {
		c := s.idle[last]
		s.idle = s.idle[:last]
		s.mu.Unlock()
		return c, nil
	}
	s.mu.Unlock()
	c, err := s.config.Dial(ctx, "tcp", s.config.Addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

func (s *Sender) keep(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= s.config.Idle {
		return false
	}
	s.idle = append(s.idle, c)
	return true
}

// conn is a connection and the number of its last call.
type conn struct {
	net.Conn
	seq uint32
}

// AppendHead appends a call of Log up to its first entry.
func AppendHead(dst []byte, seq uint32, e Entries) []byte {
	const head = 4 + 4 + len("Log") + 4 + 3 + 5 // all but the frame's length
	size := head + 1
	for _, p := range e.Parts {
		size += len(p)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(size))
	dst = binary.BigEndian.AppendUint32(dst, strictCall)
	dst = append(dst, "\x00\x00\x00\x03Log"...)
	dst = binary.BigEndian.AppendUint32(dst, seq)
	dst = append(dst, typeList, 0, 1, typeStruct)
	return binary.BigEndian.AppendUint32(dst, uint32(e.Count))
}

// call sends a frame and reads its reply. What comes back earlier than the whole
// frame was sent is found when that fails.
func (c *conn) call(e Entries) error {
	c.seq++
	parts := append(net.Buffers{AppendHead(nil, c.seq, e)}, e.Parts...)
	parts = append(parts, []byte{typeStop})
	if _, err := parts.WriteTo(c.Conn); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	var length [4]byte
	if _, err := io.ReadFull(c.Conn, length[:]); err != nil {
		return fmt.Errorf("waiting for the reply: %w", err)
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > maxReply {
		return errNotScribe
	}
	reply := make([]byte, size)
	if _, err := io.ReadFull(c.Conn, reply); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	return ParseReply(reply, c.seq)
}
