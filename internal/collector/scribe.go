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
	// MaxConnections is the largest number of connections at the same time. Further
	// ones are closed at once. Default: 256.
	MaxConnections int
	// IdleTimeout is how long a connection may be without a call, and how long sending
	// a reply may take. Default: 100 s.
	IdleTimeout time.Duration
}

// Scribe receives spans for a collector as Zipkin's Scribe does, usually on port 9410: by
// calls of Log in framed TBinaryProtocol, with spans of version 1. The collector's
// MaxBodyBytes, UploadTimeout and MaxHeldBytes apply to a frame as to the body of a POST,
// and Stats counts both. If the collector is busy, the reply is TRY_LATER. If anything in a
// call is not a valid span, the reply is an exception and nothing of the call is stored.
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

// scribeConn is a connection of a client.
type scribeConn struct {
	net.Conn
	busy bool // it has a call; guarded by Scribe.mu
}

// NewScribe returns a Scribe that stores its spans in c. It returns an error only if a field
// of ScribeConfig is negative.
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

// Serve accepts connections until the listener fails, or until Shutdown; then it returns
// nil. It closes the listener.
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
		// Usually the process has too many open files.
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

// Shutdown closes the listeners and all connections without a call. It waits for the other
// connections until ctx is done, and then closes them, too.
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

// becomes notes whether a connection has a call. It reports whether the connection has to end
// because of Shutdown.
func (s *Scribe) becomes(c *scribeConn, busy bool) (over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.busy = busy
	return s.closing
}

// next handles one call. It reports whether another one may follow.
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

// call reads the rest of a frame of size bytes and stores its spans. If it returns no reply,
// the connection cannot be used any more.
func (s *Scribe) call(conn net.Conn, size int64) (reply []byte, keep bool) {
	c := s.collector
	switch {
	case c.closed.Load():
		c.counts.closed.Add(1)
		return nil, false
	case size > 1<<30: // most bytes that are not a frame look like this
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
	err = worker.ingest(b, worker.unpack(""), call.decode, storing{store: c.store})
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

// sequence returns the sequence number of a call that is not decoded.
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
