package api

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	shortest      = 50 * time.Millisecond
	longest       = 10 * time.Second
	lived         = 10 * time.Second // a watch that was there for so long has worked
	quickOnce     = time.Second      // one restart without a delay in this time
	maxRetryAfter = 60               // seconds of Retry-After that are obeyed
)

// backoff is when to try again: full jitter, from 50 ms, doubled up to 10 s.
type backoff struct {
	tries int
	quick time.Time // of the last restart without a delay
}

// worked ends the backoff if a watch that began then has worked.
func (b *backoff) worked(since time.Time) {
	if time.Since(since) >= lived {
		b.tries = 0
	}
}

// after waits after an error. It is false if ctx ends first.
func (b *backoff) after(ctx context.Context, err error) bool {
	wait := min(shortest<<min(b.tries, 20), longest)
	b.tries++
	wait = rand.N(wait) + 1
	var status *StatusError
	if errors.As(err, &status) && (status.Code == 429 || status.Code == 503) {
		wait = max(wait, status.RetryAfter)
	}
	return sleep(ctx, wait)
}

// once waits after what is no error, such as the end of a stream: not at all, but
// like after an error if that is twice in a second.
func (b *backoff) once(ctx context.Context) bool {
	now := time.Now()
	before := b.quick
	b.quick = now
	if before.IsZero() || now.Sub(before) >= quickOnce {
		return ctx.Err() == nil
	}
	return b.after(ctx, nil)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
