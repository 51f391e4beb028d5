package zipkin

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin/internal/post"
)

// run is the sink's goroutine: it decides when posts begin.
func (s *Sink) run() {
	defer close(s.done)
	tick := time.NewTicker(s.cfg.FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.due = true
			s.buffers.trim()
		case <-s.wake:
		case <-s.ctx.Done():
			s.dropQueued()
			s.finish()
			return
		}
		if s.begin() {
			s.finish()
			return
		}
	}
}

// begin starts the posts that are due. over reports whether the sink is closed and
// has nothing left.
func (s *Sink) begin() (over bool) {
	for {
		s.mu.Lock()
		collect := s.due && s.queue.mayPost()
		s.mu.Unlock()
		if collect {
			// While no post may begin, the shards keep their parts, which
			// grow.
			s.due = false
			s.sealAll(false)
		}
		s.mu.Lock()
		if collect {
			s.queue.now = s.queue.seq
		}
		parts := s.queue.next()
		over = s.queue.closed && s.queue.incomplete == 0
		s.mu.Unlock()
		if parts == nil {
			return over
		}
		s.posts.Go(func() {
			s.deliver(parts)
			s.mu.Lock()
			s.queue.posts--
			s.mu.Unlock()
			s.wakeUp()
		})
	}
}

// dropQueued drops the parts that wait. Running posts drop their own.
func (s *Sink) dropQueued() {
	s.sealAll(true)
	s.mu.Lock()
	parts := s.queue.parts
	s.queue.parts, s.queue.bytes = nil, 0
	s.mu.Unlock()
	s.dropAtClose(parts)
}

func (s *Sink) finish() {
	s.posts.Wait()
	s.cancel()
	s.route.close()
}

// maxRetryAfter bounds what a collector can ask for.
const maxRetryAfter = time.Minute

// deliver posts the parts, if necessary several times, and counts each of their
// spans.
func (s *Sink) deliver(parts []*part) {
	b := s.route.batch(parts)
	defer func() { s.buffers.charge(-b.held) }()
	wait := s.cfg.RetryMin
	for attempt := 0; ; attempt++ {
		if s.ctx.Err() != nil {
			s.dropAtClose(parts)
			return
		}
		if attempt > 0 {
			s.count.retries.Add(1)
		}
		err := b.send(s.ctx, s.buffers.charge)
		if err == nil {
			s.exported(parts)
			return
		}
		var status *post.StatusError
		switch {
		case s.ctx.Err() != nil:
			s.dropAtClose(parts)
			return
		case errors.As(err, &status) && status.Code == http.StatusRequestEntityTooLarge && len(parts) > 1:
			s.split(parts)
			return
		case err.Permanent || attempt >= s.cfg.MaxRetries || s.closingInVain():
			s.dropBatch(parts, err)
			return
		}
		s.failed()
		s.pause(max(wait+rand.N(wait/2+1), min(err.RetryAfter, maxRetryAfter)))
		wait = min(2*wait, s.cfg.RetryMax)
	}
}

// split delivers the two halves of a batch that was too large for the collector, and
// lowers the limit for bodies.
func (s *Sink) split(parts []*part) {
	size := 0
	for _, c := range parts {
		size += len(c.buf)
	}
	s.mu.Lock()
	s.queue.maxBody = max(s.buffers.size, min(s.queue.maxBody, size/2))
	s.mu.Unlock()
	s.deliver(parts[:len(parts)/2])
	s.deliver(parts[len(parts)/2:])
}

// closingInVain reports whether the sink is closing and the last post was dropped.
func (s *Sink) closingInVain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.closed && s.lastDropped.Load()
}

func (s *Sink) failed() {
	s.mu.Lock()
	s.queue.failing = true
	s.mu.Unlock()
}

func (s *Sink) exported(parts []*part) {
	s.lastDropped.Store(false)
	s.count.exported.Add(spansOf(parts))
	s.mu.Lock()
	s.queue.failing = false
	s.mu.Unlock()
	s.complete(parts)
}

func (s *Sink) dropBatch(parts []*part, err *trace.ExportError) {
	if !err.Permanent {
		s.lastDropped.Store(true)
		s.failed()
	}
	s.cfg.ErrorLog.Error("spans are lost", "spans", spansOf(parts), "error", err)
	s.drop(parts, err.Reason)
}

func (s *Sink) drop(parts []*part, why trace.Reason) {
	s.count.dropped[why].Add(spansOf(parts))
	s.complete(parts)
}

// dropAtClose drops parts for which Close has no time left.
func (s *Sink) dropAtClose(parts []*part) {
	s.left.Add(spansOf(parts))
	s.drop(parts, trace.Shutdown)
}

// complete gives back parts whose spans have been counted.
func (s *Sink) complete(parts []*part) {
	for _, c := range parts {
		s.buffers.put(c)
	}
	s.mu.Lock()
	s.queue.complete(parts)
	s.mu.Unlock()
}

func spansOf(parts []*part) (n uint64) {
	for _, c := range parts {
		n += uint64(c.spans)
	}
	return n
}

// pause waits for d, or until the ctx of Close is done.
func (s *Sink) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}
