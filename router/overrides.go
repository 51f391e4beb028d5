package router

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// Overrides bounds what the dtabs do that requests bring (l5d-dtab and
// l5d-ctx-dtab). The zero value allows everything, and so does nil; but no
// request's own entry leads to the [Listeners] of the process, whatever is allowed.
//
// What counts is where an entry leads in the end: the id of each replica set that
// was found with its help, as its namer gives it (/#/io.l5d.fs/web,
// /$/inet/10.0.0.1/80), before transformers. An entry that leads where it may not
// is left out, as if the request had not brought it, and the name is looked up
// again. An entry that leads to nobody ($, !, ~) is always allowed.
//
// What is left out is not sent on either: a hop behind this one may be one that
// allows everything, for which this one answers. An entry that this hop had no use
// for is sent on as it came, for what it will lead to at other hops only these can
// tell. So to be safe from the dtabs of strangers everywhere, an edge has to let
// none pass (proxy.Config.IgnoreDtabs or ClearContext), or every hop has to have
// the same rules.
type Overrides struct {
	// Allow are the beginnings of the ids that entries may lead to. Default: all.
	Allow []resolve.Prefix
	// Deny are the beginnings of those that they may not, also where Allow has
	// them.
	Deny []resolve.Prefix
	// Refuse has requests refused whose dtab leads where it may not, with a
	// [Forbidden] error.
	Refuse bool
}

// allows says whether an entry may lead to the set with this id.
func (o *Overrides) allows(id resolve.Path) bool {
	matches := func(p resolve.Prefix) bool { return p.Matches(id) }
	return (len(o.Allow) == 0 || slices.ContainsFunc(o.Allow, matches)) && !slices.ContainsFunc(o.Deny, matches)
}

// of is what an interpreter needs to know of a request's dtab.
func (o *Overrides) of(local resolve.Dtab) resolve.Overrides {
	if o == nil || len(o.Allow)+len(o.Deny) == 0 {
		return resolve.Overrides{Dtab: local}
	}
	return resolve.Overrides{Dtab: local, Allows: o.allows, Refuse: o.Refuse}
}

// bind is what a name means to requests that bring this dtab. An interpreter that
// does not know which entries lead where cannot be held to rules about that; and
// what it finds is taken to be the last entry's doing, unless it is a
// transformer's.
func (r *Router) bind(d dst, local resolve.Dtab) *resolve.Activity[resolve.Overridden] {
	o := d.overrides.of(local)
	if in, ok := r.config.Interpreter.(resolve.Overrider); ok {
		return in.BindOverrides(r.config.Dtab, o, d.path)
	}
	if o.Allows != nil {
		return resolve.FailedActivity[resolve.Overridden](errNoOverrider)
	}
	bound := r.config.Interpreter.Bind(r.config.Dtab.Append(local...), d.path)
	return resolve.MapActivity(bound, func(t resolve.NameTree[*resolve.Bound]) resolve.Overridden {
		return resolve.Overridden{Tree: resolve.MapTree(t, func(b *resolve.Bound) *resolve.Bound {
			if !b.ID.IsEmpty() && b.ID.Label(0) == "%" {
				return b
			}
			led := *b
			led.Override = &local[len(local)-1]
			return &led
		})}
	})
}

var errNoOverrider = errors.New("the interpreter does not report where the entries of a dtab lead, so that rules for overrides cannot be enforced")

// delegate explains a name likewise; nil if the interpreter cannot.
func (r *Router) delegate(ctx context.Context, name resolve.Path, base, local resolve.Dtab, rules *Overrides) (*resolve.Delegation, error) {
	if in, ok := r.config.Interpreter.(resolve.Overrider); ok && len(local) > 0 {
		return in.DelegateOverrides(ctx, base, rules.of(local), name)
	}
	if in, ok := r.config.Interpreter.(resolve.Delegator); ok {
		return in.Delegate(ctx, base.Append(local...), name)
	}
	return nil, nil
}

// leftOut is what became of a request's dtab of which not all is allowed.
type leftOut struct {
	count int
	text  string // for spans: the entries and where they lead
	rest  string // what is sent on
}

// maxLeftOutText bounds what a span tells of entries.
const maxLeftOutText = 1000

// without is local without the entries that were left out; nil if none was.
func without(local resolve.Dtab, entries []resolve.LeftOut) *leftOut {
	if len(entries) == 0 {
		return nil
	}
	var rest resolve.Dtab
	for i := range local {
		if !slices.ContainsFunc(entries, func(l resolve.LeftOut) bool { return l.Entry == &local[i] }) {
			rest = append(rest, local[i])
		}
	}
	var text strings.Builder
	for i, one := range entries {
		if i > 0 {
			text.WriteString("; ")
		}
		if text.WriteString(one.Entry.String() + " leads to " + one.ID.String()); text.Len() > maxLeftOutText {
			break
		}
	}
	return &leftOut{len(entries), text.String()[:min(text.Len(), maxLeftOutText)], rest.String()}
}

// listenerError says that an entry of a request's dtab leads to where this process itself
// listens.
type listenerError struct {
	entry resolve.Dentry
	addr  netip.AddrPort
}

func (e *listenerError) Error() string {
	return "the entry " + e.entry.String() + " of the request's dtab leads to " + e.addr.String() + ", where this proxy itself listens"
}

// leadsHere is the error of a request whose own dtab has an address of this
// process; nil if it is not one.
func (r *Router) leadsHere(name resolve.Path, set *resolve.Bound, addr netip.AddrPort) *Error {
	if set.Override == nil || !r.config.Listeners.Have(addr) {
		return nil
	}
	return &Error{Kind: Forbidden, Dst: name, Bound: set.ID, Addr: addr.String(), Err: &listenerError{*set.Override, addr}}
}

// bindingFailed is the error of a name whose meaning could not be found out, or is
// forbidden.
func bindingFailed(name, bound resolve.Path, err error) *Error {
	e := &Error{Kind: BindingFailed, Dst: name, Bound: bound, Err: err}
	if denied := (*resolve.DeniedError)(nil); errors.As(err, &denied) {
		e.Kind = Forbidden
	}
	return e
}
