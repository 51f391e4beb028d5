package relay

import (
	"context"
	"time"
)

// carrier is an exchange as a context that has the exchange, so that it is no allocation
// of its own.
type carrier Exchange

type contextKey struct{}

// Within returns ctx with the exchange in it, for a client that is called by way of
// something that only knows requests. An exchange is in one context at a time.
func (x *Exchange) Within(ctx context.Context) context.Context {
	x.within = ctx
	return (*carrier)(x)
}

func (c *carrier) Deadline() (time.Time, bool) { return c.within.Deadline() }
func (c *carrier) Done() <-chan struct{}       { return c.within.Done() }
func (c *carrier) Err() error                  { return c.within.Err() }

func (c *carrier) Value(key any) any {
	if key == any(contextKey{}) {
		return (*Exchange)(c)
	}
	return c.within.Value(key)
}

// FromContext returns the exchange that is in ctx, or nil.
func FromContext(ctx context.Context) *Exchange {
	x, _ := ctx.Value(contextKey{}).(*Exchange)
	return x
}
