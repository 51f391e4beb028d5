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
			s.room.trim()
		case <-s.wake:
		case <-s.ctx.Done():
			s.abandon()
			s.finish()
			return
		}
		if s.begin() {
			s.finish()
			return
		}
	}
}

// begin begins the posts whose time has come. It says whether the sink is
// closed and has nothing left.
func (s *Sink) begin() (over bool) {
	for {
		s.mu.Lock()
		collect := s.due && s.queue.mayPost()
		s.mu.Unlock()
		if collect {
			// While no post may begin, what the shards hold stays there and
			// grows.
			s.due = false
			s.sealAll(false)
		}
		s.mu.Lock()
		if collect {
			s.queue.now = s.queue.seq
		}
		chunks := s.queue.next()
		over = s.queue.closed && s.queue.unsettled == 0
		s.mu.Unlock()
		if chunks == nil {
			return over
		}
		s.posts.Go(func() {
			s.deliver(chunks)
			s.mu.Lock()
			s.queue.posts--
			s.mu.Unlock()
			s.poke()
		})
	}
}

// abandon drops what waits. Those that are under way drop themselves.
func (s *Sink) abandon() {
	s.sealAll(true)
	s.mu.Lock()
	chunks := s.queue.chunks
	s.queue.chunks, s.queue.bytes = nil, 0
	s.mu.Unlock()
	s.leave(chunks)
}

func (s *Sink) finish() {
	s.posts.Wait()
	s.cancel()
	s.route.close()
}

// maxRetryAfter bounds what a collector can ask for.
const maxRetryAfter = time.Minute

// deliver posts the chunks, again and again if need be, and accounts for each
// of their spans.
func (s *Sink) deliver(chunks []*chunk) {
	b := s.route.batch(chunks)
	defer func() { s.room.force(-b.held) }()
	wait := s.cfg.RetryMin
	for attempt := 0; ; attempt++ {
		if s.ctx.Err() != nil {
			s.leave(chunks)
			return
		}
		if attempt > 0 {
			s.count.retries.Add(1)
		}
		err := b.send(s.ctx, s.room.force)
		if err == nil {
			s.exported(chunks)
			return
		}
		var status *post.StatusError
		switch {
		case s.ctx.Err() != nil:
			s.leave(chunks)
			return
		case errors.As(err, &status) && status.Code == http.StatusRequestEntityTooLarge && len(chunks) > 1:
			s.split(chunks)
			return
		case err.Permanent || attempt >= s.cfg.MaxRetries || s.hopeless():
			s.giveUp(chunks, err)
			return
		}
		s.failed()
		s.pause(max(wait+rand.N(wait/2+1), min(err.RetryAfter, maxRetryAfter)))
		wait = min(2*wait, s.cfg.RetryMax)
	}
}

// split delivers the halves of what was too much for the collector, and
// remembers its limit.
func (s *Sink) split(chunks []*chunk) {
	size := 0
	for _, c := range chunks {
		size += len(c.buf)
	}
	s.mu.Lock()
	s.queue.maxBody = max(s.room.size, min(s.queue.maxBody, size/2))
	s.mu.Unlock()
	s.deliver(chunks[:len(chunks)/2])
	s.deliver(chunks[len(chunks)/2:])
}

// hopeless says that the sink is closing and has given up a post already.
func (s *Sink) hopeless() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.closed && s.gaveUp.Load()
}

func (s *Sink) failed() {
	s.mu.Lock()
	s.queue.failing = true
	s.mu.Unlock()
}

func (s *Sink) exported(chunks []*chunk) {
	s.gaveUp.Store(false)
	s.count.exported.Add(spansOf(chunks))
	s.mu.Lock()
	s.queue.failing = false
	s.mu.Unlock()
	s.settle(chunks)
}

func (s *Sink) giveUp(chunks []*chunk, err *trace.ExportError) {
	if !err.Permanent {
		s.gaveUp.Store(true)
		s.failed()
	}
	s.cfg.ErrorLog.Error("spans are lost", "spans", spansOf(chunks), "error", err)
	s.drop(chunks, err.Reason)
}

func (s *Sink) drop(chunks []*chunk, why trace.Reason) {
	s.count.dropped[why].Add(spansOf(chunks))
	s.settle(chunks)
}

// leave drops what Close has no more time for.
func (s *Sink) leave(chunks []*chunk) {
	s.left.Add(spansOf(chunks))
	s.drop(chunks, trace.Shutdown)
}

// settle gives chunks back whose spans are accounted for.
func (s *Sink) settle(chunks []*chunk) {
	for _, c := range chunks {
		s.room.give(c)
	}
	s.mu.Lock()
	s.queue.settle(chunks)
	s.mu.Unlock()
}

func spansOf(chunks []*chunk) (n uint64) {
	for _, c := range chunks {
		n += uint64(c.spans)
	}
	return n
}

// pause waits, but not beyond a Close whose ctx has ended.
func (s *Sink) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}
