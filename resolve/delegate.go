package resolve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/meshhop/meshhop/internal/brief"
)

// Delegate implements [Delegator]. It asks the namers that Bind asks and takes
// their answers as they are, so it tells why a name is bound as it is.
func (in *DefaultInterpreter) Delegate(ctx context.Context, d Dtab, p Path) (*Delegation, error) {
	return in.delegate(ctx, fullDtab{given: d}, p)
}

// DelegateOverrides implements [Overrider]. Entries that BindOverrides leaves out
// have no part in the explanation; its root lists them.
func (in *DefaultInterpreter) DelegateOverrides(ctx context.Context, d Dtab, o Overrides, p Path) (*Delegation, error) {
	return in.delegate(ctx, fullDtab{given: d, overrides: &o}, p)
}

func (in *DefaultInterpreter) delegate(ctx context.Context, d fullDtab, p Path) (*Delegation, error) {
	wake := make(chan struct{}, 1)
	changed := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	x := explanation{in: in, given: d, most: max(maxExplained, in.maxSteps)}
	if steps, ok := brief.Steps(ctx); ok {
		x.most, x.brief = min(steps, x.most), true
	}
	x.given.base.changed = changed
	x.names.changed, x.bounds.changed, x.addrs.changed = changed, changed, changed
	in.shared.serve(&x.names)
	defer x.release()
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		found := x.explain(p)
		if !x.pending {
			return found, nil
		}
		wait.Stop()
		if !x.again.IsZero() {
			wait.Reset(time.Until(x.again))
		}
		select {
		case <-wake:
		case <-wait.C: // a union has waited long enough
		case <-ctx.Done():
			return found, context.Cause(ctx)
		}
	}
}

// maxExplained bounds an explanation, in steps. It is more than Config.MaxSteps
// because all alternates are expanded, and because only operators of the hop get
// such an explanation: strangers get a brief one.
const maxExplained = 10_000

var errNotFollowed = errors.New("not followed any further here")

// explanation builds a Delegation over answers as they are now.
type explanation struct {
	in     *DefaultInterpreter
	given  fullDtab
	names  deps[lookupKey, NameTree[Name]]
	bounds deps[transformKey, NameTree[*Bound]]
	addrs  deps[Path, Replicas]

	most    int       // steps
	brief   bool      // nobody asks for the result
	pending bool      // something was not known
	again   time.Time // see evaluation
}

// transformKey is what a transformer was asked to change: a replica set, or a
// whole tree.
type transformKey struct {
	transformer  int
	id, residual Path
	tree         string // tells whole trees apart; empty for a replica set
}

// explain evaluates p twice: as Bind does, for what that gives, and for the record,
// which has alternates that Bind does not try and must not pay for.
func (x *explanation) explain(p Path) *Delegation {
	dtab, base, known := x.given.now(x.in)
	if !known {
		return x.unknown(p, base)
	}
	x.names.start()
	x.bounds.start()
	x.addrs.start()
	x.pending = false
	now, own := time.Now(), x.given.own()
	var out outcome
	if !x.brief || len(x.in.transformers) > 0 || own != nil && own.Allows != nil {
		e := evaluation{in: x.in, dtab: dtab, deps: &x.names, now: now, most: x.in.maxSteps, own: own}
		out = e.run(p)
		x.again = e.again
	}
	e := evaluation{in: x.in, dtab: dtab, deps: &x.names, now: now, most: x.most, own: own, rec: x}
	found := x.whole(&e, p, e.name(origin{}, p, 0).step, out)
	found.Result, found.LeftOut, found.Base, found.Truncated = x.result(out), out.leftOut, dtab[0], e.work > e.most
	x.names.finish()
	x.bounds.finish()
	x.addrs.finish()
	return found
}

// unknown explains a name while the base dtab is not known.
func (x *explanation) unknown(p Path, base outcome) *Delegation {
	d := &Delegation{Path: p, Err: base.err, Result: State[NameTree[*Bound]]{Status: base.status, Err: base.err}}
	if x.pending = base.status == Pending; x.pending {
		d.Pending, d.Err = true, errPending{base.err}
	}
	return d
}

func (x *explanation) release() {
	x.given.base.close()
	x.names.close()
	x.bounds.close()
	x.addrs.close()
}

// result is what Bind makes of the answers, with the replicas as they are.
func (x *explanation) result(out outcome) State[NameTree[*Bound]] {
	s := State[NameTree[*Bound]]{Status: out.status, Value: out.tree, Err: out.err}
	for i := range x.in.transformers {
		if s.Status == OK {
			s = x.transform(i, s.Value)
		}
	}
	if s.Status != OK {
		return State[NameTree[*Bound]]{Status: s.Status, Err: s.Err}
	}
	return okState(MapTree(s.Value, x.snapshot))
}

// snapshot is a replica set whose Addr stays as it is now.
func (x *explanation) snapshot(b *Bound) *Bound {
	addr := x.addrs.get(b.ID, func() *Activity[Replicas] { return b.Addr })
	x.pending = x.pending || addr.Status == Pending
	still := &Activity[Replicas]{}
	still.node.Store(&node[Replicas]{State: addr})
	return &Bound{ID: b.ID, Residual: b.Residual, Override: b.Override, Addr: still}
}

// transformerName is what a transformer calls itself, else its type.
func transformerName(t Transformer) string {
	if s, ok := t.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", t)
}

// errPending says what has gone wrong so far, if anything has.
type errPending struct{ why error }

func (e errPending) Error() string {
	if e.why != nil {
		return "no answer yet: " + e.why.Error()
	}
	return "no answer yet"
}

func (e errPending) Unwrap() error { return e.why }
