package api

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Follower is told what [Follow] finds out.
type Follower[T Object] struct {
	// Changed gets all objects that there are, by namespace and name, after
	// each list and each event that changed them. The slice is the follower's.
	Changed func([]T)
	// Trouble gets what went wrong, before it is tried again; the objects stay
	// what they were. If it returns true, Follow ends. Default: try again.
	Trouble func(error) (leave bool)
	// Report is kept up. Required.
	Report *Report
}

// Follow lists the objects of a query and watches them, again and again, until
// ctx ends or the follower leaves, and returns why.
//
// It lists again where the server has forgotten the version that the watch has
// come to (410, as a status or an event), and after what cannot be read; what a
// list does not have is gone then. A stream that ends goes on at the last
// version. After errors it waits: full jitter, 50 ms doubled up to 10 s.
func Follow[T Object](ctx context.Context, c *Client, q Query, f Follower[T]) error {
	if err := q.check(); err != nil {
		return err
	}
	f.Report.update(func(h *History, now time.Time) {
		h.Query = q
		h.Objects, h.Bytes = 0, 0
		if h.StartedAt.IsZero() {
			h.StartedAt = now
		}
	})
	tally := c.follows(q, f.Report)
	w := &following[T]{c: c, q: q, f: f, tally: tally, all: make(map[string]sized[T])}
	for first := true; ; first = false {
		if !first {
			w.tally.relists.Add(1)
			w.f.Report.update(func(h *History, _ time.Time) { h.Relists++ })
		}
		for {
			err := w.list(ctx)
			if err == nil {
				break
			}
			if err := w.trouble(ctx, err); err != nil {
				c.leaves(f.Report)
				return err
			}
		}
		w.changed()
		if err := w.watch(ctx); err != nil {
			c.leaves(f.Report) // deferring it would double the stack of each watch
			return err
		}
	}
}

// sized is an object and how long it was as JSON, on average in a list.
type sized[T Object] struct {
	object T
	bytes  int
}

type following[T Object] struct {
	c       *Client
	q       Query
	f       Follower[T]
	tally   *tally
	backoff backoff
	all     map[string]sized[T]
	bytes   int // of all
	version string

	troubled bool // the log may have been told so
}

// trouble tells of an error and waits. It gives an error if Follow is to end.
func (w *following[T]) trouble(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.tally.failures[failureOf(err)].Add(1)
	w.f.Report.failed(err)
	if w.f.Trouble != nil && w.f.Trouble(err) {
		return err
	}
	w.troubled = true
	w.c.log.trouble(err, logAgain)
	if !w.backoff.after(ctx, err) {
		return ctx.Err()
	}
	return nil
}

// worked tells of the end of a trouble.
func (w *following[T]) worked() {
	if w.troubled {
		w.troubled = false
		w.c.log.over()
	}
}

// list replaces the objects.
func (w *following[T]) list(ctx context.Context) error {
	l, err := list[T](ctx, w.c, w.q, w.f.Report)
	if err != nil {
		return err
	}
	w.all, w.bytes = make(map[string]sized[T], len(l.items)), 0
	for _, item := range l.items {
		if meta := metaOf(item); meta.Name != "" {
			w.put(meta.key(), sized[T]{item, l.bytes / len(l.items)})
		}
	}
	w.version = l.version
	w.worked()
	w.f.Report.update(func(h *History, now time.Time) {
		h.ResponseAt, h.Version, h.Trouble = now, l.version, false
	})
	return nil
}

// watch follows the changes until the objects must be listed again. An error
// ends it all.
func (w *following[T]) watch(ctx context.Context) error {
	for {
		began, err := stream(ctx, w.c, &w.q, w.version, w.f.Report, w.take)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !began.IsZero() {
			w.backoff.worked(began)
			w.worked()
		}
		var relist errRelist
		again := errors.As(err, &relist)
		if isEnd(began, err) || again && CodeOf(err) == 410 {
			w.f.Report.update(func(h *History, now time.Time) { h.LastError, h.LastErrorAt = err.Error(), now })
			if !w.backoff.once(ctx) {
				return ctx.Err()
			}
		} else if err := w.trouble(ctx, err); err != nil {
			return err
		}
		if again {
			return nil
		}
	}
}

// take applies an event.
func (w *following[T]) take(e event[T]) {
	w.tally.events[e.action].Add(1)
	if e.version != "" {
		w.version = e.version
	}
	switch e.action {
	case added, modified:
		w.put(e.object.Metadata().key(), sized[T]{e.object, e.bytes})
	case deleted:
		w.remove(e.object.Metadata().key())
	default:
		return
	}
	w.changed()
}

func (w *following[T]) put(key string, item sized[T]) {
	w.bytes += item.bytes - w.all[key].bytes
	w.all[key] = item
}

func (w *following[T]) remove(key string) {
	w.bytes -= w.all[key].bytes
	delete(w.all, key)
}

func (w *following[T]) changed() {
	w.f.Report.update(func(h *History, now time.Time) { h.UpdatedAt, h.Objects, h.Bytes = now, len(w.all), w.bytes })
	all := make([]T, 0, len(w.all))
	for _, item := range w.all {
		all = append(all, item.object)
	}
	slices.SortFunc(all, func(a, b T) int {
		x, y := a.Metadata(), b.Metadata()
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	w.f.Changed(all)
}
