package resolve

import (
	"context"
	"time"
)

// Overrides are the entries of a dtab that a request brought, and what they may
// do. They stand behind a router's own entries and win over them.
type Overrides struct {
	Dtab Dtab
	// Allows says whether an entry may lead to the replica set with that ID,
	// which is the namer's own, without what transformers put before it. It is
	// asked for each set that is found with the help of an entry, whatever
	// other entries took part after it. Nil: all may lead everywhere.
	Allows func(id Path) bool
	// Refuse has a name fail with a [DeniedError] whose entries lead where they
	// may not. By default such an entry is left out, as if the request had not
	// brought it.
	Refuse bool
}

// An Overrider is an [Interpreter] that knows which entries led where.
type Overrider interface {
	// BindOverrides is Bind under d followed by the entries of o.
	BindOverrides(d Dtab, o Overrides, p Path) *Activity[Overridden]
	// DelegateOverrides is Delegate likewise, see [Delegator].
	DelegateOverrides(ctx context.Context, d Dtab, o Overrides, p Path) (*Delegation, error)
}

// Overridden is what a name means under [Overrides].
type Overridden struct {
	Tree NameTree[*Bound]
	// LeftOut are the entries that were left out, in the order in which that
	// was found.
	LeftOut []LeftOut
}

// LeftOut is an entry of a request's dtab that led where it may not.
type LeftOut struct {
	Entry *Dentry // points into the [Overrides]
	ID    Path    // where it led to
}

// A DeniedError says that an entry of a request's dtab leads where it may not.
type DeniedError struct {
	Entry Dentry
	ID    Path
}

func (e *DeniedError) Error() string {
	return "the entry " + e.Entry.String() + " of the request's dtab leads to " + e.ID.String() + ", where overrides may not lead"
}

var _ Overrider = (*DefaultInterpreter)(nil)

// BindOverrides implements [Overrider]. The entry that counts for a replica set is
// that of the last step on the way there which an entry of o made. Where it is
// left out the name is looked up anew, since it then means something else, until
// nothing is found that may not be: at most once for each entry, and within the
// bound on the work for one name.
func (in *DefaultInterpreter) BindOverrides(d Dtab, o Overrides, p Path) *Activity[Overridden] {
	a := newActivity(func(set func(State[Overridden])) func() {
		var b *binding
		b = newBinding(in, d, p, func(s State[NameTree[*Bound]]) {
			set(State[Overridden]{Status: s.Status, Value: Overridden{s.Value, b.last.leftOut}, Err: s.Err})
		})
		b.dtab.overrides = &o
		b.kick()
		return b.close
	})
	if len(in.transformers) == 0 {
		return a
	}
	return FlatMapActivity(a, func(now Overridden) *Activity[Overridden] {
		t := Const(now.Tree)
		for _, x := range in.transformers {
			t = in.transform(x, t)
		}
		return MapActivity(t, func(t NameTree[*Bound]) Overridden { return Overridden{t, now.LeftOut} })
	})
}

// overriding is what an evaluation knows of a request's own entries.
type overriding struct {
	*Overrides
	leftOut map[*Dentry]bool
	leads   map[*Bound]lead
}

// lead is how a replica set was found.
type lead struct {
	by  *Dentry // the request's entry nearest to it; nil: none
	ids []Path  // as the namer answered; several where transformers changed them
	// changed says that the namer's transformers had a hand in it.
	changed bool
}

// isOut says whether an entry is left out.
func (o *overriding) isOut(e *Dentry) bool { return o != nil && o.leftOut[e] }

// leaf notes a set that a namer answered with.
func (o *overriding) leaf(b *Bound, a answer) *Bound {
	noted := *b
	found := lead{ids: []Path{b.ID}}
	if a.absolute {
		found.ids, found.changed = nil, true
		for n := range a.before.Leaves() {
			found.ids = append(found.ids, a.namer.Append(n.Bound.ID))
		}
	}
	o.leads[&noted] = found
	return &noted
}

// ledBy is an outcome to which the entry by led, if it is one of the request's.
func (e *evaluation) ledBy(by *Dentry, out outcome) outcome {
	if by == nil || out.status != OK || e.rec != nil {
		return out
	}
	if !e.spend(out.size) {
		return e.tooMuch()
	}
	out.tree = MapTree(out.tree, func(b *Bound) *Bound {
		found := e.own.leads[b]
		if found.by != nil {
			return b
		}
		copied := *b
		found.by = by
		e.own.leads[&copied] = found
		return &copied
	})
	return out
}

// denied are the entries that led to sets of an outcome where they may not lead.
func (o *overriding) denied(out outcome) (all []LeftOut) {
	if o.Allows == nil || out.status != OK {
		return nil
	}
	judged := make(map[*Dentry]bool)
	for b := range out.tree.Leaves() {
		found := o.leads[b]
		if found.by == nil || judged[found.by] {
			continue
		}
		for _, id := range found.ids {
			if !o.Allows(id) {
				judged[found.by] = true
				all = append(all, LeftOut{found.by, id})
				break
			}
		}
	}
	return all
}

// told is an outcome whose sets tell the entry that led to them, where nothing
// changes them any more.
func (o *overriding) told(out outcome, in *DefaultInterpreter) outcome {
	if out.status != OK || len(in.transformers) > 0 {
		return out
	}
	out.tree = MapTree(out.tree, func(b *Bound) *Bound {
		found := o.leads[b]
		if found.by == nil || found.changed {
			return b
		}
		copied := *b
		copied.Override = found.by
		return &copied
	})
	return out
}

// judged follows p until all is allowed that is found.
func (e *evaluation) judged(p Path) outcome {
	var left []LeftOut
	for {
		out := e.name(origin{}, p, 0)
		if e.work > e.most {
			return e.tooMuch()
		}
		denied := e.own.denied(out)
		if len(denied) == 0 {
			out = e.own.told(out, e.in)
			out.leftOut = left
			return out
		}
		if e.own.Refuse {
			return outcome{status: Failed, err: &DeniedError{*denied[0].Entry, denied[0].ID}}
		}
		left = append(left, denied...)
		for _, one := range denied {
			e.own.leftOut[one.Entry] = true
		}
		clear(e.memo)
		e.again = time.Time{}
	}
}
