package router

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/brief"
	"github.com/meshhop/meshhop/resolve"
)

const (
	// explainTimeout bounds the explanation in an error message: the namers have
	// just answered, so that what is not known by then is not waited for.
	explainTimeout = 100 * time.Millisecond
	// explainSteps bounds how far it goes; a message shows 40 lines of it.
	explainSteps = 100
	// explainFor is how long it serves all requests for the name. It tells the age
	// of answers in seconds.
	explainFor = time.Second
)

// reason remembers why a name leads nowhere: a name and dtab that strangers keep
// asking for is explained once a second at most, and what is kept of that is the
// text, of about 4 KiB.
type reason struct {
	said   atomic.Pointer[said]
	making atomic.Bool // somebody is explaining it anew
}

type said struct {
	text string
	at   time.Time
	of   *meaning // what the name meant then
}

// noReplicas is the error of a name that means nothing or nobody, with the dtabs
// it was looked up in and how far the look-up came. Of a set of hosts without
// addresses unresolved says which and why.
func (b *binding) noReplicas(ctx context.Context, bound resolve.Path, unresolved string) error {
	e := b.router.unroutable(b.dst.path, b.local, nil)
	e.Bound, e.Explained, e.Err = bound, b.explained(ctx), unresolvedError(unresolved)
	return &e
}

// unresolvedError is the cause of an empty set; nil: it is empty.
func unresolvedError(hosts string) error {
	if hosts == "" {
		return nil
	}
	return errors.New(hosts)
}

// explained is how the look-up of the name went.
func (b *binding) explained(ctx context.Context) string {
	before, now := b.reason.said.Load(), b.meaning.Load()
	if before != nil && before.of == now && time.Since(before.at) < explainFor {
		return before.text
	}
	if !b.reason.making.CompareAndSwap(false, true) && before != nil {
		return before.text
	}
	defer b.reason.making.Store(false)
	text := b.explain(ctx)
	b.reason.said.Store(&said{text, time.Now(), now})
	return text
}

func (b *binding) explain(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(brief.With(ctx, explainSteps), explainTimeout)
	defer cancel()
	delegation, err := b.router.delegate(ctx, b.dst.path, b.router.config.Dtab, b.local, b.dst.overrides)
	if err != nil || delegation == nil {
		return ""
	}
	return explained(b.local, delegation)
}
