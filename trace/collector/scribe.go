package collector

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	defaultScribeConnections = 256
	defaultScribeIdle        = 100 * time.Second
)

// ScribeConfig bounds a [Scribe]. A zero field means its default.
type ScribeConfig struct {
	// MaxConnections is the greatest number of connections at the same time.
	// One more is closed at once. Default: 256.
	MaxConnections int
	// IdleTimeout is how long a connection may be without a call, and how long
	// a reply may take to be sent. Default: 100 s.
	IdleTimeout time.Duration
}

// Scribe takes spans for a collector as Zipkin's Scribe does, port 9410 by habit:
// calls of Log in framed TBinaryProtocol, of spans of version 1. A frame is
// bounded by the collector's MaxBodyBytes and UploadTimeout and held as the body
// of a POST is; Stats counts both alike. When the collector is busy the reply is
// TRY_LATER. A call with something that is no span is replied to with an
// exception, and nothing of it is stored.
type Scribe struct {
	collector *Collector
	config    ScribeConfig
	ctx       context.Context // of calls
	cancel    context.CancelFunc
	running   sync.WaitGroup

	mu        sync.Mutex
	closing   bool
	listeners map[net.Listener]struct{}
	conns     map[*scribeConn]struct{}
}

// scribeConn is a connection.
type scribeConn struct {
	net.Conn
	busy bool // there is a call; Scribe.mu guards it
}

// NewScribe returns a Scribe that stores its spans in c. It fails only for a
// ScribeConfig with negative numbers.
func (c *Collector) NewScribe(config ScribeConfig) (*Scribe, error) {
	if config.MaxConnections < 0 || config.IdleTimeout < 0 {
		return nil, fmt.Errorf("collector: scribe: MaxConnections %d, IdleTimeout %v: must not be negative", config.MaxConnections, config.IdleTimeout)
	}
	if config.MaxConnections == 0 {
		config.MaxConnections = defaultScribeConnections
	}
	if config.IdleTimeout == 0 {
		config.IdleTimeout = defaultScribeIdle
	}
	s := &Scribe{collector: c, config: config, listeners: map[net.Listener]struct{}{}, conns: map[*scribeConn]struct{}{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Serve accepts connections until Shutdown, which makes it return nil, or until
// the listener fails. It closes the listener.
func (s *Scribe) Serve(l net.Listener) error {
	defer l.Close()
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return nil
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	for pause := time.Duration(0); ; {
		c, err := l.Accept()
		if err == nil {
			s.accept(&scribeConn{Conn: c})
			pause = 0
			continue
		}
		s.mu.Lock()
		closing := s.closing
		s.mu.Unlock()
		switch {
		case closing:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("collector: scribe: %w", err)
		}
		// Mostly there are too many files.
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		time.Sleep(pause)
	}
}

func (s *Scribe) accept(c *scribeConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.conns) >= s.config.MaxConnections {
		if !s.closing {
			s.collector.counts.busy.Add(1)
		}
		_ = c.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.running.Go(func() {
		defer func() {
			_ = c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		}()
		for s.next(c) {
		}
	})
}

// Shutdown closes listeners and connections without a call, and waits for the
// others until ctx ends; then it closes them too.
func (s *Scribe) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	for l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.conns {
		if !c.busy {
			_ = c.Close()
		}
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("collector: scribe: calls were broken off: %w", ctx.Err())
		s.cancel()
		s.mu.Lock()
		for c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		<-done
	}
	s.cancel()
	return err
}

// becomes says whether a connection has a call, or that it is over because of a
// Shutdown.
func (s *Scribe) becomes(c *scribeConn, busy bool) (over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.busy = busy
	return s.closing
}

// next takes one call. It says whether there may be another one.
func (s *Scribe) next(c *scribeConn) bool {
	_ = c.SetReadDeadline(time.Now().Add(s.config.IdleTimeout))
	var head [4]byte
	if _, err := io.ReadFull(c, head[:1]); err != nil || s.becomes(c, true) {
		return false
	}
	_ = c.SetReadDeadline(time.Now().Add(s.collector.config.UploadTimeout))
	if _, err := io.ReadFull(c, head[1:]); err != nil {
		s.refused(arrivalOf(err))
		return false
	}
	reply, keep := s.call(c, int64(binary.BigEndian.Uint32(head[:])))
	if reply != nil {
		_ = c.SetWriteDeadline(time.Now().Add(s.config.IdleTimeout))
		if _, err := c.Write(reply); err != nil {
			return false
		}
	}
	return keep && !s.becomes(c, false)
}

// call reads the rest of a frame of size bytes, and stores its spans. Without a
// reply the connection is of no use any more.
func (s *Scribe) call(conn net.Conn, size int64) (reply []byte, keep bool) {
	c := s.collector
	switch {
	case c.closed.Load():
		c.counts.closed.Add(1)
		return nil, false
	case size > 1<<30: // most of what is no frame
		s.refused(errNoCall)
		return nil, false
	case size > c.config.MaxBodyBytes:
		c.counts.tooLarge.Add(1)
		return nil, false
	}
	b := c.uploads.begin(conn)
	defer c.uploads.done(b)
	_ = conn.SetReadDeadline(b.began.Add(c.config.UploadTimeout))
	err := c.readBody(s.ctx, b, io.LimitReader(conn, size))
	c.uploads.arrived(b)
	if err == nil && b.size < size {
		err = errAborted
	}
	if err != nil {
		s.refused(err)
		return nil, false
	}
	worker, ok := c.enter(s.ctx)
	if !ok {
		s.refused(errBusy)
		return appendResult(nil, sequence(b), scribeTryLater), true
	}
	defer func() { c.places <- worker }()
	if worker.scribe == nil {
		worker.scribe = new(scribeCall)
	}
	call := worker.scribe
	err = worker.ingest(b, "", call.decode, c.store)
	switch {
	case size == 0:
		err = errNoCall
		fallthrough
	case err != nil:
		s.refused(err)
		if size == 0 || !call.known {
			return nil, false
		}
		return appendException(nil, call.seq, err), true
	}
	return appendResult(nil, call.seq, scribeOK), true
}

// sequence is the number of a call that is not decoded.
func sequence(b *body) uint32 {
	in := new(source)
	in.reset(b.reader(), b.size)
	call := new(scribeCall)
	_, _ = call.head(&thriftReader{source: in})
	return call.seq
}

func arrivalOf(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow
	}
	return errAborted
}

func (s *Scribe) refused(err error) {
	counts := &s.collector.counts
	counter := &counts.malformed
	switch {
	case errors.Is(err, errBusy):
		counter = &counts.busy
	case errors.Is(err, errSlow):
		counter = &counts.slow
	case errors.Is(err, errAborted):
		counter = &counts.aborted
	}
	counter.Add(1)
}

const (
	scribeOK       = 0
	scribeTryLater = 1

	unknownMethod = 1 // types of a TApplicationException
	internalError = 6
)

// appendResult appends the frame of a reply with a ResultCode.
func appendResult(dst []byte, seq uint32, code byte) []byte {
	dst = append(dst, 0, 0, 0, 23, 0x80, 1, 0, 2, 0, 0, 0, 3, 'L', 'o', 'g')
	dst = binary.BigEndian.AppendUint32(dst, seq)
	return append(dst, thriftI32, 0, 0, 0, 0, 0, code, thriftStop)
}

// appendException appends the frame of a TApplicationException.
func appendException(dst []byte, seq uint32, err error) []byte {
	kind, text := byte(internalError), err.Error()
	if errors.Is(err, errMethod) {
		kind = unknownMethod
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(15+7+len(text)+7+1))
	dst = append(dst, 0x80, 1, 0, 3, 0, 0, 0, 3, 'L', 'o', 'g')
	dst = binary.BigEndian.AppendUint32(dst, seq)
	dst = binary.BigEndian.AppendUint32(append(dst, thriftString, 0, 1), uint32(len(text)))
	dst = append(dst, text...)
	return append(dst, thriftI32, 0, 2, 0, 0, 0, kind, thriftStop)
}
