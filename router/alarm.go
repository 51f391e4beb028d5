package router

import (
	"context"
	"errors"
	"time"
)

// alarm ends an attempt when its time is up. There is none where there is no
// limit, or where the caller's context ends by itself then.
type alarm struct {
	limit  limit
	timer  *time.Timer
	cancel context.CancelCauseFunc
	late   bool // it went off
}

var errTimeUp = errors.New("the time for an attempt was up")

// newAlarm returns the context of an attempt and its alarm, which may be nil.
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

// stop says whether the time was up: once an answer has begun, it may take its
// time. It is called once.
func (a *alarm) stop() (late bool) {
	if a == nil {
		return false
	}
	a.late = !a.timer.Stop()
	return a.late
}

// wentOff is what stop said.
func (a *alarm) wentOff() bool { return a != nil && a.late }

// release lets go of the context, whose attempt is over.
func (a *alarm) release() {
	if a != nil {
		a.timer.Stop()
		a.cancel(nil)
	}
}
