package router

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/timeout"
	"github.com/meshhop/meshhop/resolve"
)

// dst is what a request asks for: a name and the request's own dtab, in its
// canonical form. The base dtab is the same for all requests of a router.
type dst struct {
	path      resolve.Path
	local     string
	overrides *Overrides // the rules for local; nil if there is none
}

func dstOf(local *inbound.Request, name resolve.Path) dst {
	if local.DtabText == "" {
		return dst{path: name}
	}
	return dst{name, local.DtabText, overridesOf(local)}
}

// binding keeps a name bound: it follows what the name means and publishes it
// for requests to sample.
type binding struct {
	refs
	router  *Router
	dst     dst
	local   resolve.Dtab
	service *service

	meaning atomic.Pointer[meaning]
	known   chan struct{} // closed once meaning is set
	reason  reason

	watched[resolve.Overridden]       // one meaning is made at a time
	why                         error // what has gone wrong while nothing was known; guarded by mu
}

// meaning is what a name means at one moment. It is immutable.
type meaning struct {
	route *route // nil where err is set
	err   error
	left  *leftOut // nil: nothing of the request's dtab
}

func (r *Router) newBinding(d dst, local resolve.Dtab, epoch *atomic.Uint64) *binding {
	b := &binding{router: r, dst: d, local: local, service: r.serviceOf(d.path), known: make(chan struct{})}
	b.refs.init(epoch)
	// Observing may call back at once, and that takes locks of other caches:
	// not in the goroutine that holds this binding's cache.
	r.background.Go(func() { b.observe(b.begin(b.lookUp(), b.update)) })
	return b
}

// lookUp is what the name means, as it changes.
func (b *binding) lookUp() *resolve.Activity[resolve.Overridden] {
	r := b.router
	if len(b.local) > 0 {
		return r.bind(b.dst, b.local)
	}
	bound := r.config.Interpreter.Bind(r.config.Dtab, b.dst.path)
	return resolve.MapActivity(bound, func(t resolve.NameTree[*resolve.Bound]) resolve.Overridden {
		return resolve.Overridden{Tree: t}
	})
}

// update publishes a new meaning. Once a name has meant something, neither a
// failure nor a pending answer takes that away (DynBoundFactory.scala).
func (b *binding) update(state resolve.State[resolve.Overridden]) {
	before := b.meaning.Load()
	var now *meaning
	switch state.Status {
	case resolve.OK:
		left := without(b.local, state.Value.LeftOut)
		now = &meaning{route: b.router.newRoute(state.Value.Tree, left), left: left}
	case resolve.Failed:
		if before != nil && before.route != nil {
			return
		}
		now = &meaning{err: state.Err}
	default:
		b.why = state.Err
		return
	}
	b.meaning.Store(now)
	if before == nil {
		close(b.known)
	}
}

// sample is what the name means now; it waits, within BindingTimeout, the limit
// and the request's context, only while that was never known.
func (b *binding) sample(ctx context.Context, until limit) (*meaning, error) {
	if m := b.meaning.Load(); m != nil {
		return m, nil
	}
	until = until.bounded(b.router.config.BindingTimeout, BindingTimeout)
	switch b.router.await(ctx, b.known, until) {
	case ready:
		return b.meaning.Load(), nil
	case ended:
		return nil, canceled(ctx, &Error{Dst: b.dst.path})
	case closing:
		return nil, &Error{Kind: Closed, Dst: b.dst.path}
	}
	if until.kind == BindingTimeout {
		return nil, resolvingTimeout(b.dst.path, until.after, b.trouble())
	}
	return nil, &Error{Kind: until.kind, Dst: b.dst.path, Err: until.expired(b.dst.path.String(), notAvailable)}
}

// trouble is why the name is not known yet, as far as its namer says.
func (b *binding) trouble() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why
}

// done gives back one acquire.
func (b *binding) done() { b.router.bindings.done(b.dst, b) }

func (b *binding) close() {
	b.mu.Lock()
	end := b.watched.close()
	b.mu.Unlock()
	end()
	if b.router.services.release(b.service) {
		b.router.pairs.forgetService(b.service)
	}
}

// client finds what the name means now, a replica set. The client is acquired for the
// caller, who calls its done when the attempt is over.
func (b *binding) client(ctx context.Context, until limit) (*route, *client, error) {
	m, err := b.sample(ctx, until)
	if err != nil {
		return nil, nil, err
	}
	if m.err != nil {
		return nil, nil, bindingFailed(b.dst.path, resolve.Path{}, m.err)
	}
	leaf := m.route.pick()
	if leaf == nil {
		return nil, nil, b.noReplicas(ctx, resolve.Path{}, "")
	}
	c, ok := leaf.client(b.router)
	if !ok {
		return nil, nil, &Error{Kind: Closed, Dst: b.dst.path}
	}
	return leaf, c, nil
}

// nextRetry is where a retry will go.
type nextRetry struct {
	meaning *meaning
	leaf    *route
	to      *client // nil: nobody knows yet
}

// reserve is client for a retry that is to come, where the name means something.
func (b *binding) reserve() (r nextRetry) {
	m := b.meaning.Load()
	if m == nil || m.err != nil {
		return r
	}
	leaf := m.route.pick()
	if leaf == nil {
		return r
	}
	if to, ok := leaf.client(b.router); ok {
		r = nextRetry{m, leaf, to}
	}
	return r
}

// cancel gives back what was reserved.
func (r *nextRetry) cancel() {
	if r.to != nil {
		r.to.done()
		r.to = nil
	}
}

// bindingOf is the binding of a name, acquired for the caller, who calls done.
func (r *Router) bindingOf(d dst, local resolve.Dtab) (*binding, error) {
	if b, ok := r.bindings.get(d); ok {
		return b, nil
	}
	b, ok := r.bindings.getOrMake(d, func(epoch *atomic.Uint64) *binding {
		return r.newBinding(d, local, epoch)
	})
	if !ok {
		return nil, &Error{Kind: Closed, Dst: d.path}
	}
	return b, nil
}

// resolvingTimeout is the error of a name whose meaning is not known in time.
func resolvingTimeout(name resolve.Path, limit time.Duration, why error) error {
	return &Error{Kind: BindingTimeout, Dst: name, Err: &bindingTimeoutError{limit, "resolving name: " + name.String(), why}}
}

// A bindingTimeoutError says what was not done within its time.
type bindingTimeoutError struct {
	limit time.Duration
	what  string // "resolving name: /svc/hello"
	why   error  // what has gone wrong meanwhile, nil if that is not known
}

func (e *bindingTimeoutError) Error() string {
	text := "Exceeded " + timeout.Duration(e.limit) + " binding timeout while " + e.what
	if e.why != nil {
		text += " (" + e.why.Error() + ")"
	}
	return text
}

func (e *bindingTimeoutError) Unwrap() error { return e.why }

// After returns the timeout. Explanations show it.
func (e *bindingTimeoutError) After() time.Duration { return e.limit }

// Timeout reports true: it is part of net.Error.
func (e *bindingTimeoutError) Timeout() bool { return true }
