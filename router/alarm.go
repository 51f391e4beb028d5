package router

import (
	"context"
	"errors"
	"time"
)

// alarm cancels an attempt at its deadline. It is nil if there is no deadline or if
// the caller's own context enforces it.
type alarm struct {
	limit  limit
	timer  *time.Timer
	cancel context.CancelCauseFunc
	late   bool // the timer fired before stop
}

var errTimeUp = errors.New("the attempt timed out")

// newAlarm returns the context of an attempt, and its alarm, which may be nil.
func newAlarm(ctx context.Context, l limit) (context.Context, *alarm) {
	if l.isNever() || l.byContext {
		return ctx, nil
	}
	a := &alarm{limit: l}
	ctx, a.cancel = context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(time.Until(l.at), a.ring)
	return ctx, a
}

func (a *alarm) ring() { a.cancel(errTimeUp) }

// stop stops the timer, because a response that has begun is not bounded any more.
// It reports whether the timer had fired. It is called once.
func (a *alarm) stop() (late bool) {
	if a == nil {
		return false
	}
	a.late = !a.timer.Stop()
	return a.late
}

// wentOff reports whether the timer fired before stop.
func (a *alarm) wentOff() bool { return a != nil && a.late }

// release releases the context once the attempt is over.
func (a *alarm) release() {
	if a != nil {
		a.timer.Stop()
		a.cancel(nil)
	}
}
