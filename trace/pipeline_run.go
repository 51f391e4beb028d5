package trace

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/meshhop/meshhop/trace/internal/drops"
)

// run is the pipeline's goroutine.
func (p *Pipeline) run() {
	defer close(p.done)
	tick := time.NewTicker(p.cfg.FlushEvery)
	defer tick.Stop()
	var batch []*Record
	for {
		var flushed chan struct{}
		stopping := false
		select {
		case <-tick.C:
		case <-p.wake:
		case flushed = <-p.flush:
		case <-p.stop:
			stopping = true
		}
		batch = p.queue.takeAll(batch[:0])
		p.send(batch)
		clear(batch)
		if flushed != nil {
			close(flushed)
		}
		if stopping {
			p.finish()
			return
		}
	}
}

// finish sends what arrived while the last batch was sent, and shuts down.
func (p *Pipeline) finish() {
	p.send(p.queue.takeAll(nil))
	p.finished.Store(true)
	p.dropQueued()
	p.shutdown = p.cfg.Exporter.Shutdown(p.ctx)
	p.cancel()
}

// dropQueued drops what is in the queue once the goroutine does not read it any more.
func (p *Pipeline) dropQueued() {
	p.completeDropped(drops.Shutdown, len(p.queue.takeAll(nil)))
}

func (p *Pipeline) send(records []*Record) {
	for len(records) > 0 {
		n := min(len(records), p.cfg.BatchSize)
		p.sendBatch(records[:n])
		records = records[n:]
	}
}

// sendBatch exports a batch, if necessary several times, and counts each of its
// spans.
func (p *Pipeline) sendBatch(batch []*Record) {
	wait := p.cfg.RetryMin
	for attempt := 0; ; attempt++ {
		if p.ctx.Err() != nil {
			p.completeDropped(drops.Shutdown, len(batch))
			return
		}
		if attempt > 0 {
			p.count.retries.Add(1)
		}
		err := p.export(batch)
		if err == nil {
			p.completeExported(len(batch))
			return
		}
		sent := min(max(err.Sent, 0), len(batch))
		p.completeExported(sent)
		batch = batch[sent:]
		if len(batch) == 0 {
			return
		}
		if p.ctx.Err() != nil {
			p.completeDropped(drops.Shutdown, len(batch))
			return
		}
		if err.Permanent || attempt >= p.cfg.MaxRetries {
			p.completeDropped(err.Reason, len(batch))
			return
		}
		if sent > 0 {
			// There is progress: the rest gets all its retries.
			attempt, wait = 0, p.cfg.RetryMin
		}
		p.pause(max(wait+rand.N(wait/2+1), min(err.RetryAfter, p.cfg.RetryMax)))
		wait = min(2*wait, p.cfg.RetryMax)
	}
}

// export calls the exporter once. The result tells what to do next.
func (p *Pipeline) export(batch []*Record) *ExportError {
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.ExportTimeout)
	defer cancel()
	err := p.cfg.Exporter.Export(ctx, batch)
	if err == nil {
		return nil
	}
	var known *ExportError
	if errors.As(err, &known) {
		return known
	}
	e := &ExportError{Reason: drops.Refused, Err: err}
	var network net.Error
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		e.Reason = drops.Timeout
	}
	return e
}

// pause waits for d, or until the ctx of Close is done.
func (p *Pipeline) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.ctx.Done():
	}
}
