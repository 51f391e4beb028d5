package serve

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// stream is a request of HTTP/2 and its response, while the handler has them. The handler
// gets it as the writer of the response.
type stream struct {
	http.ResponseWriter // of net/http
	conn                *http2Conn
	body                streamBody
	written             atomic.Uint32 // calls that wait, or waited, for the client: odd within one
	answered            atomic.Bool   // the final response has begun
	patient             bool          // its body may have pauses

	mu   sync.Mutex
	over bool // the handler has returned, and the writer must not be used

	// Of the response.
	status       int
	broken       bool
	timed        bool
	began, first time.Duration

	read, write ioCall // for the watcher
}

// streamBody is the body of the request.
type streamBody struct {
	io.ReadCloser
	reads atomic.Uint32 // as written
}

func (b *streamBody) Read(p []byte) (int, error) {
	b.reads.Add(1)
	n, err := b.ReadCloser.Read(p)
	b.reads.Add(1)
	return n, err
}

// ServeHTTP serves a request.
func (c *http2Conn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := &stream{ResponseWriter: w, conn: c, patient: isGRPC(r)}
	if r.ContentLength != 0 {
		s.body.ReadCloser = r.Body
		r.Body = &s.body
	}
	if !c.begins(s) {
		return
	}
	whole := false
	defer func() { c.ends(s, whole) }()
	c.state.showTLS(r)
	c.home.handlers.ServeHTTP(s, r)
	whole = true
}

// isGRPC reports whether the request is a call of gRPC, which may be silent for as long as
// its application likes.
func isGRPC(r *http.Request) bool {
	kinds := r.Header["Content-Type"]
	return len(kinds) == 1 && strings.HasPrefix(kinds[0], "application/grpc")
}

// WriteHeader begins the response. An interim one comes before it.
func (s *stream) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		s.answers(status)
	}
	s.ResponseWriter.WriteHeader(status)
}

// answers records the final status.
func (s *stream) answers(status int) {
	if s.answered.Swap(true) {
		return
	}
	if s.status = status; s.timed {
		s.first = s.conn.home.conns.now()
	}
}

// streamPiece is how much of a response is written at once. A client that takes less of a
// stream than that within ResponseTimeout makes no progress.
const streamPiece = 32 << 10

// Write writes to the client, and waits while that does not take more.
func (s *stream) Write(p []byte) (total int, err error) {
	s.answers(http.StatusOK)
	for {
		piece := p[total:min(total+streamPiece, len(p))]
		s.written.Add(1)
		n, err := s.ResponseWriter.Write(piece)
		s.written.Add(1)
		if total += n; err != nil || total == len(p) {
			s.broken = s.broken || err != nil
			return total, err
		}
	}
}

// FlushError sends what there is of the response.
func (s *stream) FlushError() error {
	s.answers(http.StatusOK)
	s.written.Add(1)
	defer s.written.Add(1)
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// Flush sends what there is of the response.
func (s *stream) Flush() { _ = s.FlushError() }

// Unwrap is the writer of net/http, for http.ResponseController.
func (s *stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// expireRead ends a wait of the handler for the body, and expireWrite one for the client to
// take the response, whose stream is reset. They may wait for net/http's server.
func (s *stream) expireRead() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		_ = http.NewResponseController(s.ResponseWriter).SetReadDeadline(past())
	}
}

func (s *stream) expireWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		_ = http.NewResponseController(s.ResponseWriter).SetWriteDeadline(past())
	}
}

// begins counts a stream that comes to the handler. It returns false if the connection is
// over, which net/http's server may have seen before this goroutine began.
func (c *http2Conn) begins(s *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users == 0 {
		return false
	}
	s.timed = c.begun%traffic.TimedEvery == 0
	if s.timed {
		s.began = c.home.conns.now()
	}
	c.begun++
	c.users++
	c.turns++
	c.streams[s] = struct{}{}
	return true
}

// ends tells of the request, when the handler has returned. What is left of the response
// net/http writes after that.
func (c *http2Conn) ends(s *stream, whole bool) {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	if whole {
		s.answers(http.StatusOK)
	}
	c.mu.Lock()
	delete(c.streams, s)
	c.turns++
	c.ended++
	a := &c.state.account
	received, sent := a.meter.Bytes()
	e := traffic.Exchange{Status: s.status, Broken: s.broken || !whole, Timed: s.timed, Received: received - a.before, Sent: sent - a.told}
	a.before, a.told = received, sent
	c.mu.Unlock()
	if s.timed {
		now := c.home.conns.now()
		e.Ended = c.home.conns.born.Add(now)
		if s.status != 0 {
			e.First, e.Write = s.first-s.began, now-s.first
		}
	}
	c.home.conns.observer.Served(e)
	c.leaves()
}

// leaves tells of the end of the connection when net/http's server and the last handler are
// done with it.
func (c *http2Conn) leaves() {
	c.mu.Lock()
	c.users--
	last := c.users == 0
	if last {
		c.state.account.requests = c.ended
	}
	c.mu.Unlock()
	if last {
		c.state.over()
	}
}
