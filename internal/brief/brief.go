// Package brief asks for a short explanation of a name. A router does so for the
// text of an error that strangers get.
package brief

import "context"

type key struct{}

// With returns a context in which a [resolve.Delegator] follows no more than so many
// steps: for messages that show only the beginning of an explanation. The Result of
// such an explanation does not hold.
func With(ctx context.Context, steps int) context.Context {
	return context.WithValue(ctx, key{}, steps)
}

// Steps is what With asked for; ok is false if it did not.
func Steps(ctx context.Context) (steps int, ok bool) {
	steps, ok = ctx.Value(key{}).(int)
	return steps, ok
}
