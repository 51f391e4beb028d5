package api

import (
	"context"

	"github.com/meshhop/meshhop/resolve"
)

// Snapshot is the objects of a query at one moment. It is never changed.
type Snapshot[T Object] struct {
	Items  []T // by namespace and name
	Report *Report
}

// watchKey keeps watches of different types apart.
type watchKey[T Object] struct{ Query }

// Watch is the objects of a query, now and from then on. See the package.
func Watch[T Object](c *Client, q Query) *resolve.Activity[Snapshot[T]] {
	return Shared(c, watchKey[T]{q}, func(ctx context.Context, set func(resolve.State[Snapshot[T]])) {
		known, report := false, &Report{}
		err := Follow(ctx, c, q, Follower[T]{
			Report: report,
			Changed: func(all []T) {
				known = true
				set(resolve.State[Snapshot[T]]{Status: resolve.OK, Value: Snapshot[T]{Items: all, Report: report}})
			},
			Trouble: func(err error) bool {
				if !known {
					set(resolve.State[Snapshot[T]]{Status: resolve.Pending, Err: err})
				}
				return false
			},
		})
		if ctx.Err() == nil {
			set(resolve.State[Snapshot[T]]{Status: resolve.Failed, Err: err})
		}
	})
}

// PeekWatch is the state of a [Watch], if somebody observes it.
func PeekWatch[T Object](c *Client, q Query) (resolve.State[Snapshot[T]], bool) {
	return Peek[Snapshot[T]](c, watchKey[T]{q})
}
