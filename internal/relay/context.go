package relay

import "context"

// carrier is a context that has an exchange. It lies in the exchange, so that it is no
// allocation of its own.
type carrier struct {
	context.Context
	x *Exchange
}

type contextKey struct{}

// Within returns ctx with the exchange in it, for a client that is called by way of
// something that only knows requests. An exchange is in one context at a time.
func (x *Exchange) Within(ctx context.Context) context.Context {
	x.within = carrier{ctx, x}
	return &x.within
}

func (c *carrier) Value(key any) any {
	if key == any(contextKey{}) {
		return c.x
	}
	return c.Context.Value(key)
}

// FromContext returns the exchange that is in ctx, or nil.
func FromContext(ctx context.Context) *Exchange {
	x, _ := ctx.Value(contextKey{}).(*Exchange)
	return x
}
