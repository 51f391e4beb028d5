package sink

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
	"github.com/meshhop/meshhop/trace/internal/post"
)

// run is the sink's goroutine: it decides when posts begin.
func (s *Sink) run() {
	defer close(s.done)
	tick := time.NewTicker(s.cfg.Limits.FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.tellOverflow()
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
	s.cfg.Wire.Close()
}

// maxRetryAfter bounds what a collector can ask for.
const maxRetryAfter = time.Minute

// deliver posts the parts, if necessary several times, and counts each of their
// spans.
func (s *Sink) deliver(parts []*Part) {
	b := s.cfg.Wire.Batch(parts)
	end := s.post(b, parts)
	// Before anybody who waits for these spans can look.
	s.buffers.charge(-b.Held())
	end()
}

// post sends a batch until there is no more to do for it, and returns what is to be done
// with its parts.
func (s *Sink) post(b Batch, parts []*Part) (end func()) {
	wait := s.cfg.Limits.RetryMin
	for attempt := 0; ; attempt++ {
		if s.ctx.Err() != nil {
			return func() { s.dropAtClose(parts) }
		}
		if attempt > 0 {
			s.count.retries.Add(1)
		}
		err := b.Send(s.ctx, s.buffers.charge)
		if err == nil {
			return func() { s.exported(parts) }
		}
		var status *post.StatusError
		switch {
		case s.ctx.Err() != nil:
			return func() { s.dropAtClose(parts) }
		case errors.As(err, &status) && status.Code == http.StatusRequestEntityTooLarge && len(parts) > 1:
			return func() { s.split(parts) }
		case err.Permanent || attempt >= s.cfg.Limits.MaxRetries || s.closingInVain():
			return func() { s.dropBatch(parts, err) }
		}
		s.failed()
		s.pause(max(wait+rand.N(wait/2+1), min(err.RetryAfter, maxRetryAfter)))
		wait = min(2*wait, s.cfg.Limits.RetryMax)
	}
}

// split delivers the two halves of a batch that was too large for the collector, and
// lowers the limit for bodies.
func (s *Sink) split(parts []*Part) {
	size := 0
	for _, c := range parts {
		size += len(c.Buf)
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

func (s *Sink) exported(parts []*Part) {
	s.count.exported.Add(SpansOf(parts))
	s.succeeded()
	if n, lasted, ok := s.lost.Over(); ok {
		s.cfg.ErrorLog.Info("spans arrive again", "lost", n, "after", lasted)
	}
	s.complete(parts)
}

func (s *Sink) succeeded() {
	s.lastDropped.Store(false)
	s.mu.Lock()
	s.queue.failing = false
	s.mu.Unlock()
}

// dropBatch drops the spans of a batch that have not arrived.
func (s *Sink) dropBatch(parts []*Part, err *trace.ExportError) {
	all := SpansOf(parts)
	sent := min(uint64(max(err.Sent, 0)), all)
	switch {
	case !err.Permanent:
		s.lastDropped.Store(true)
		s.failed()
	case sent > 0:
		s.succeeded()
	}
	if sent < all {
		if n, ok := s.lost.Happened(all - sent); ok {
			s.cfg.ErrorLog.Error("spans are lost", "spans", n, "error", err)
		}
	}
	s.count.exported.Add(sent)
	s.count.dropped.Add(err.Reason, all-sent)
	s.complete(parts)
}

// tellOverflow tells the log of spans for which the budget has no room. The requests that
// they are of do not.
func (s *Sink) tellOverflow() {
	now := s.count.dropped.Load().QueueFull
	if now == s.overflowed {
		if n, lasted, ok := s.overflow.Over(); ok {
			s.cfg.ErrorLog.Info("no more spans are lost because the queue is full", "lost", n, "after", lasted)
		}
		return
	}
	if n, ok := s.overflow.Happened(now - s.overflowed); ok {
		s.cfg.ErrorLog.Error("spans are lost because the queue is full", "spans", n)
	}
	s.overflowed = now
}

// dropAtClose drops parts for which Close has no time left.
func (s *Sink) dropAtClose(parts []*Part) {
	n := SpansOf(parts)
	s.left.Add(n)
	s.count.dropped.Add(drops.Shutdown, n)
	s.complete(parts)
}

// complete gives back parts whose spans have been counted.
func (s *Sink) complete(parts []*Part) {
	for _, c := range parts {
		s.buffers.put(c)
	}
	s.mu.Lock()
	s.queue.complete(parts)
	s.mu.Unlock()
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
