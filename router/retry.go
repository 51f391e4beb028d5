package router

import (
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// The upper of the two layers that try again (RetryFilter.scala): a request is
// sent again, perhaps to another replica set, because the classifier says so.
// That a replica may have seen it is the classifier's to judge.

// mayRetry says whether an attempt that counts as a retryable failure is
// followed by another one, and in c.wait after what time. If not, the attempt's
// span says why.
func (c *call) mayRetry(a *attempt) bool {
	policy, stats := &c.service.policy, &c.service.stats
	why := c.unreplayable()
	wait := policy.Backoff.Wait(c.retries, c.wait)
	switch {
	case c.ctx.Err() != nil:
		why = "the caller has gone"
	case c.resent >= policy.MaxRetries:
		stats.limited.Add(1)
		why = limitReached
	case why != "":
		stats.unreplayable.Add(1)
	case c.limit.passed(time.Now().Add(wait)):
		stats.late.Add(1)
		why = "no time would be left after the backoff of " + wait.String()
	default:
		if why = c.afford(); why != "" {
			break
		}
		if why = c.takeBack(); why != "" { // it read on meanwhile
			stats.unreplayable.Add(1)
			break
		}
		c.resent++
		c.retries++
		c.wait = wait
		c.avoid = a.endpoint
		stats.retries.Add(1)
		return true
	}
	if a.recording {
		hopspan.NotRetried(a.span, why)
	}
	return false
}

// afford takes a retry out of both budgets that bound it: the service's, and that
// of the replica set to which it will go. If it may not be made it says why.
func (c *call) afford() (why string) {
	own := c.service.budget
	if !own.take() {
		c.service.stats.budgetExhausted.Add(1)
		return "the retry budget is exhausted"
	}
	c.next.cancel()
	c.next = c.binding.reserve()
	to := c.next.to
	if to == nil || to.shared.bucket(c.service.policy.Budget).take() {
		return ""
	}
	own.giveBack()
	to.stats.retriesRefused.Add(1)
	c.service.stats.setExhausted.Add(1)
	return "the retry budget of the replica set is exhausted"
}

// pause waits before a retry.
func (c *call) pause() error {
	span := c.local.ServerSpan
	recording := span != nil && span.IsRecording()
	if c.wait > 0 {
		if recording {
			hopspan.BackingOff(span, c.wait)
		}
		timer := time.NewTimer(c.wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			return canceled(c.ctx, &Error{Dst: c.service.name})
		case <-c.closing:
			return &Error{Kind: Closed, Dst: c.service.name}
		}
	}
	if recording {
		hopspan.Retrying(span)
	}
	return nil
}

const (
	// drainBytes and drainTime are how much of an answer that nobody wants is
	// read for the sake of its connection.
	drainBytes = 16 << 10
	drainTime  = 50 * time.Millisecond
)

// discardBody reads what is left of a short answer, so that the connection can
// serve another request; otherwise the connection is closed.
func discardBody(resp *http.Response) {
	body := resp.Body
	if body == nil || body == http.NoBody {
		return
	}
	defer body.Close()
	if resp.ContentLength > drainBytes || resp.StatusCode == http.StatusSwitchingProtocols {
		return
	}
	timer := time.AfterFunc(drainTime, func() { body.Close() })
	defer timer.Stop()
	var skipped [1 << 10]byte
	for left := drainBytes; left > 0; {
		n, err := body.Read(skipped[:])
		if err != nil {
			return
		}
		left -= n
	}
}
