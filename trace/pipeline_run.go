package trace

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"
)

// run is the pipeline's goroutine.
func (p *Pipeline) run() {
	defer close(p.done)
	tick := time.NewTicker(p.cfg.FlushEvery)
	defer tick.Stop()
	var batch []*Record
	for {
		var settled chan struct{}
		stopping := false
		select {
		case <-tick.C:
		case <-p.wake:
		case settled = <-p.flush:
		case <-p.stop:
			stopping = true
		}
		batch = p.queue.takeAll(batch[:0])
		p.send(batch)
		clear(batch)
		if settled != nil {
			close(settled)
		}
		if stopping {
			p.finish()
			return
		}
	}
}

// finish accounts for what arrived while the last batch was sent.
func (p *Pipeline) finish() {
	p.send(p.queue.takeAll(nil))
	p.finished.Store(true)
	p.abandon()
	p.shutdown = p.cfg.Exporter.Shutdown(p.ctx)
	p.cancel()
}

// abandon drops what is in the queue after the last look at it.
func (p *Pipeline) abandon() {
	p.settle(Shutdown, len(p.queue.takeAll(nil)))
}

func (p *Pipeline) send(records []*Record) {
	for len(records) > 0 {
		n := min(len(records), p.cfg.BatchSize)
		p.sendBatch(records[:n])
		records = records[n:]
	}
}

// sendBatch exports a batch, again and again if need be, and accounts for
// each of its spans.
func (p *Pipeline) sendBatch(batch []*Record) {
	wait := p.cfg.RetryMin
	for attempt := 0; ; attempt++ {
		if p.ctx.Err() != nil {
			p.settle(Shutdown, len(batch))
			return
		}
		if attempt > 0 {
			p.count.retries.Add(1)
		}
		err := p.export(batch)
		if err == nil {
			p.settleExported(len(batch))
			return
		}
		sent := min(max(err.Sent, 0), len(batch))
		p.settleExported(sent)
		batch = batch[sent:]
		if len(batch) == 0 {
			return
		}
		if p.ctx.Err() != nil {
			p.settle(Shutdown, len(batch))
			return
		}
		if err.Permanent || attempt >= p.cfg.MaxRetries {
			p.settle(err.Reason, len(batch))
			return
		}
		if sent > 0 {
			// It gets on: this is no reason to give up the rest sooner.
			attempt, wait = 0, p.cfg.RetryMin
		}
		p.pause(max(wait+rand.N(wait/2+1), min(err.RetryAfter, p.cfg.RetryMax)))
		wait = min(2*wait, p.cfg.RetryMax)
	}
}

// export calls the exporter once and says what its error means.
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
	e := &ExportError{Reason: Refused, Err: err}
	var network net.Error
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		e.Reason = Timeout
	}
	return e
}

// pause waits, but not beyond a Close whose ctx has ended.
func (p *Pipeline) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.ctx.Done():
	}
}
