package api

import (
	"context"
	"errors"

	"github.com/meshhop/meshhop/resolve"
)

// errClosed is the failure of what is looked up after Close.
var errClosed = errors.New("k8s: the client is closed")

// share is an activity and how many observe it.
type share struct {
	act  any
	refs int
}

// Shared is the activity for a key, of which run is called once for all that
// observe it, whoever made it. It ends when nobody observes it, and with the
// client. The key is comparable, and its type says what T is.
func Shared[T any](c *Client, key any, run func(ctx context.Context, set func(resolve.State[T]))) *resolve.Activity[T] {
	return resolve.SourceActivity(func(set func(resolve.State[T])) func() {
		act, ok := take(c, key, run)
		if !ok {
			set(resolve.State[T]{Status: resolve.Failed, Err: errClosed})
			return func() {}
		}
		stop := act.Observe(set)
		return func() {
			stop()
			c.drop(key)
		}
	})
}

func take[T any](c *Client, key any, run func(ctx context.Context, set func(resolve.State[T]))) (*resolve.Activity[T], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	s := c.shared[key]
	if s == nil {
		s = &share{act: resolve.NewActivity(func(ctx context.Context, set func(resolve.State[T])) {
			ctx, leave, ok := c.Enter(ctx)
			if !ok {
				set(resolve.State[T]{Status: resolve.Failed, Err: errClosed})
				return
			}
			defer leave()
			run(ctx, set)
		})}
		c.shared[key] = s
	}
	s.refs++
	return s.act.(*resolve.Activity[T]), true
}

func (c *Client) drop(key any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.shared[key]; s.refs == 1 {
		delete(c.shared, key)
	} else {
		s.refs--
	}
}

// Enter counts the caller in for Close to wait for, unless it is too late.
func (c *Client) Enter(ctx context.Context) (_ context.Context, leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil, false
	}
	c.work.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel(); c.work.Done() }, true
}

// Peek is the state of a shared activity, if somebody observes it.
func Peek[T any](c *Client, key any) (s resolve.State[T], ok bool) {
	c.mu.Lock()
	x := c.shared[key]
	c.mu.Unlock()
	if x == nil {
		return s, false
	}
	return x.act.(*resolve.Activity[T]).Sample(), true
}
