package collector

import (
	"context"
	"sync"
	"time"
)

// uploads are the bodies that are held. They share MaxHeldBytes, of which
// MaxBodyBytes are for one body alone: the one that has been arriving for the
// longest time when there is nothing left, so that not all wait for each other.
type uploads struct {
	mu       sync.Mutex
	left     int64 // for all; negative: so much of the reserve is taken
	reserve  *body // who may have it; nil: whoever needs it first
	arriving map[*body]struct{}
	freed    chan struct{} // closed when some of left came back; nil: nobody waits
}

func newUploads(c Config) *uploads {
	return &uploads{left: c.MaxHeldBytes - c.MaxBodyBytes, arriving: map[*body]struct{}{}}
}

// begin says that a body arrives.
func (u *uploads) begin(control deadliner) *body {
	b := &body{control: control, began: time.Now()}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.arriving[b] = struct{}{}
	return b
}

// arrived says that all of a body is there. It is not broken off any more.
func (u *uploads) arrived(b *body) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.arriving, b)
}

// done takes the bytes of a body back.
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

// take has a body hold n bytes more. If there are not as many, it waits for
// uploadWait, and breaks off those that have been arriving for longer and do not
// wait themselves.
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

// oldest reports whether no body has been arriving for longer.
func (u *uploads) oldest(b *body) bool {
	for other := range u.arriving {
		if other.began.Before(b.began) {
			return false
		}
	}
	return true
}
