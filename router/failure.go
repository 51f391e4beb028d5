package router

import (
	"strconv"
	"sync/atomic"
	"time"
)

// failure is why an attempt at an endpoint failed last.
type failure struct {
	atomic.Pointer[failed] // nil: none has
}

type failed struct {
	at     time.Duration // as Router.now
	status int           // of a response that counts as a failure
	err    error         // why there is none, or only a part; nil: the status is why
}

// noteEvery bounds what an endpoint costs of which all attempts fail.
const noteEvery = time.Second / 10

// note keeps a failure, unless another one has just been kept.
func (f *failure) note(x *exchange, status int, err error) {
	now, before := x.router.now(), f.Load()
	if before == nil || now-before.at >= noteEvery {
		f.Store(&failed{now, status, err})
	}
}

// last returns what was kept.
func (f *failure) last(r *Router) (text string, at time.Time) {
	one := f.Load()
	switch {
	case one == nil:
		return "", time.Time{}
	case one.err != nil:
		text = one.err.Error()
	default:
		text = "status " + strconv.Itoa(one.status)
	}
	return text, r.born.Add(one.at)
}
