package resolve

import (
	"context"
	"time"
)

// Overrides are the entries of a dtab that a request brought, and what they may
// do. They stand behind a router's own entries and win over them.
type Overrides struct {
	Dtab Dtab
	// Allows says whether an entry may lead to the replica set with that ID, which is
	// the namer's, without the prefixes of transformers. It is asked for each set that
	// was found with the help of an entry, whatever other entries took part after it.
	// Nil: all may lead everywhere.
	Allows func(id Path) bool
	// Refuse makes a name fail with a [DeniedError] if an entry leads where it may
	// not. By default such an entry is left out, as if the request had not brought it.
	Refuse bool
}

// An Overrider is an [Interpreter] that knows which entry led to which replica set.
type Overrider interface {
	// BindOverrides is Bind under d followed by the entries of o.
	BindOverrides(d Dtab, o Overrides, p Path) *Activity[Overridden]
	// DelegateOverrides is Delegate likewise, see [Delegator].
	DelegateOverrides(ctx context.Context, d Dtab, o Overrides, p Path) (*Delegation, error)
}

// Overridden is what a name means under [Overrides].
type Overridden struct {
	Tree NameTree[*Bound]
	// LeftOut are the entries that were left out, in the order in which they were
	// found.
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

// BindOverrides implements [Overrider]. The entry that counts for a replica set is the
// last entry of o on the way there. If it is left out the name is looked up again,
// because it then means something else, until everything that is found is allowed: at
// most once for each entry, and within the bound on the work for one name.
func (in *DefaultInterpreter) BindOverrides(d Dtab, o Overrides, p Path) *Activity[Overridden] {
	a := newActivity(func(set func(State[Overridden])) func() {
		var b *binding
		b = newBinding(in, d, p, func(s State[NameTree[*Bound]]) {
			set(State[Overridden]{Status: s.Status, Value: Overridden{s.Value, b.last.leftOut}, Err: s.Err})
		})
		b.dtab.overrides = &o
		b.trigger()
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

// overriding is what an evaluation knows about a request's own entries.
type overriding struct {
	*Overrides
	leftOut map[*Dentry]bool
	leads   map[*Bound]lead
}

// lead is how a replica set was found.
type lead struct {
	by  *Dentry // the request's entry nearest to it; nil: none
	ids []Path  // as the namer answered; several where transformers changed them
	// changed says that the namer's transformers changed it.
	changed bool
}

// isOut says whether an entry is left out.
func (o *overriding) isOut(e *Dentry) bool { return o != nil && o.leftOut[e] }

// leaf notes a replica set of a namer's answer.
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

// ledBy notes that an outcome is due to the entry by, if that is one of the request's.
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

// denied returns the entries that led to replica sets where they may not lead.
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

// marked sets Override on the replica sets of an outcome, unless transformers are still
// to change them.
func (o *overriding) marked(out outcome, in *DefaultInterpreter) outcome {
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

// judged follows p until everything that it finds is allowed.
func (e *evaluation) judged(p Path) outcome {
	var left []LeftOut
	for {
		out := e.name(origin{}, p, 0)
		if e.work > e.most {
			return e.tooMuch()
		}
		denied := e.own.denied(out)
		if len(denied) == 0 {
			out = e.own.marked(out, e.in)
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
