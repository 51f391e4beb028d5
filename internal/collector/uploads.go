package collector

import (
	"context"
	"sync"
	"time"
)

// uploads are the bodies in memory. They share MaxHeldBytes. MaxBodyBytes of these are
// reserved for one body, the one that has been arriving for the longest time when nothing
// else is left; otherwise all bodies could wait for each other.
type uploads struct {
	mu       sync.Mutex
	left     int64 // what is free for all; negative: so much of the reserve is in use
	reserve  *body // the body that has the reserve; nil: the first that needs it gets it
	arriving map[*body]struct{}
	freed    chan struct{} // closed when bytes are freed; nil: nobody waits
}

func newUploads(c Config) *uploads {
	return &uploads{left: c.MaxHeldBytes - c.MaxBodyBytes, arriving: map[*body]struct{}{}}
}

// begin registers a body that begins to arrive.
func (u *uploads) begin(control deadliner) *body {
	b := &body{control: control, began: time.Now()}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.arriving[b] = struct{}{}
	return b
}

// arrived notes that a body has arrived completely, so that it is not aborted any more.
func (u *uploads) arrived(b *body) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.arriving, b)
}

// done frees the bytes of a body.
func (u *uploads) done(b *body) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.arriving, b)
	u.left += b.held
	if u.reserve == b {
		u.reserve = nil
	}
	b.held, b.pieces = 0, nil
	if u.freed != nil {
		close(u.freed)
		u.freed = nil
	}
}

// take reserves n more bytes for a body. If there are fewer, it waits for at most uploadWait,
// and aborts the bodies that have been arriving for longer than that and do not wait
// themselves.
func (u *uploads) take(ctx context.Context, b *body, n int64) error {
	if ok, _ := u.try(b, n); ok {
		return nil
	}
	end := time.NewTimer(uploadWait)
	defer end.Stop()
	again := time.NewTicker(uploadWait / 8)
	defer again.Stop()
	for {
		ok, freed := u.try(b, n)
		if ok {
			return nil
		}
		select {
		case <-freed:
		case <-again.C:
		case <-end.C:
			return errBusy
		case <-ctx.Done():
			return errAborted
		}
	}
}

func (u *uploads) try(b *body, n int64) (ok bool, freed <-chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.left < n && u.reserve == nil && u.oldest(b) {
		u.reserve = b
	}
	if u.left >= n || u.reserve == b {
		u.left -= n
		b.held += n
		b.waits = false
		return true, nil
	}
	b.waits = true
	for other := range u.arriving {
		if !other.waits && time.Since(other.began) > uploadWait {
			other.breakOff()
		}
	}
	if u.freed == nil {
		u.freed = make(chan struct{})
	}
	return false, u.freed
}

// oldest reports whether no other body has been arriving for longer.
func (u *uploads) oldest(b *body) bool {
	for other := range u.arriving {
		if other.began.Before(b.began) {
			return false
		}
	}
	return true
}
