package resolve

import "fmt"

// lookupKey identifies one question to one namer. An answer is transformed if the
// mount's transformers have changed it.
type lookupKey struct {
	mount       int    // index in DefaultInterpreter.mounts, if utility is empty
	utility     string // name below /$/, empty for a mount
	rest        Path
	transformed bool
	nested      int // where transformed: see DefaultInterpreter
}

// answer is what one step of a lookup found.
type answer struct {
	State[NameTree[Name]]
	namer Path // where the namer that answered is mounted, "/" for none
	// before is the namer's own answer, if its transformers have changed it.
	before NameTree[Name]
	// absolute says that the IDs in the answer have the mount's prefix already.
	absolute bool
	// asked is the namer that answered, and rest the part of the name that it got.
	asked Namer
	rest  Path
}

// source is what the namer says about the origin of the answer.
func (a answer) source() string {
	if d, ok := a.asked.(interface{ Describe(p Path) string }); ok {
		return d.Describe(a.rest)
	}
	return ""
}

// namers asks the mounted namers for p, the last configured one first, and
// then the utilities.
func (in *DefaultInterpreter) namers(p Path, d *deps[lookupKey, NameTree[Name]]) answer {
	var last answer
	in.ask(p, d, func(a answer) { last = a })
	return last
}

// ask passes on what each namer says that is asked for p; all but the last say Neg. If
// there is no namer to ask, the only answer is Neg, with no namer.
func (in *DefaultInterpreter) ask(p Path, d *deps[lookupKey, NameTree[Name]], says func(answer)) {
	asked := false
	for i, m := range in.mounts {
		if !p.HasPrefix(m.Prefix) {
			continue
		}
		a := in.mounted(lookupKey{mount: i, rest: p.Drop(m.Prefix.Len())}, d)
		says(a)
		if a.Status != OK || a.Value.Op != Neg {
			return
		}
		asked = true
	}
	if a := in.utility(p, d); !a.namer.IsEmpty() || a.Status == Failed || !asked {
		says(a)
	}
}

func (in *DefaultInterpreter) mounted(key lookupKey, d *deps[lookupKey, NameTree[Name]]) answer {
	m := in.mounts[key.mount]
	a := answer{State: d.get(key, func() *Activity[NameTree[Name]] { return lookUp(m.Namer, key.rest) }), namer: m.Prefix, asked: m.Namer, rest: key.rest}
	if a.Status != OK || len(m.Transformers) == 0 || !allBound(a.Value) {
		return a
	}
	plain := d.all[key].act
	key.transformed, key.nested = true, in.nested
	a.absolute, a.before = true, a.Value
	since := a.Since
	a.State = d.get(key, func() *Activity[NameTree[Name]] {
		t := MapActivity(plain, func(t NameTree[Name]) NameTree[*Bound] { return toBounds(t, m.Prefix) })
		for _, x := range m.Transformers {
			t = in.transform(x, t)
		}
		return MapActivity(t, toNames)
	})
	if a.Status == OK {
		a.Since = since
	}
	return a
}

// utility answers for names below /$/ (Namer.scala).
func (in *DefaultInterpreter) utility(p Path, d *deps[lookupKey, NameTree[Name]]) answer {
	if p.Len() < 2 || p.Label(0) != "$" {
		return answer{State: okState(NameTree[Name]{})}
	}
	name := p.Label(1)
	switch name {
	case "nil":
		return answer{State: okState(NameTree[Name]{Op: Empty}), namer: p.Take(2)}
	case "fail":
		return answer{State: okState(NameTree[Name]{Op: Fail}), namer: p.Take(2)}
	}
	namer := in.utilities[name]
	if namer == nil {
		err := &UnknownNamerError{Name: p.Take(2).Drop(1).String()[1:], Path: p, Reason: "known are " + in.known}
		return answer{State: State[NameTree[Name]]{Status: Failed, Err: err}}
	}
	key := lookupKey{utility: name, rest: p.Drop(2)}
	s := d.get(key, func() *Activity[NameTree[Name]] { return lookUp(namer, key.rest) })
	if unknown, ok := s.Err.(*UnknownNamerError); ok && s.Status == Failed {
		s.Err = &UnknownNamerError{Name: name, Path: p, Reason: unknown.Reason}
	}
	return answer{State: s, namer: p.Take(2), asked: namer, rest: key.rest}
}

func lookUp(n Namer, p Path) *Activity[NameTree[Name]] {
	if a := n.Lookup(p); a != nil {
		return a
	}
	return FailedActivity[NameTree[Name]](fmt.Errorf("resolve: Lookup of namer %T returned nil for %s", n, p))
}

func allBound(t NameTree[Name]) bool {
	for n := range t.Leaves() {
		if n.Bound == nil {
			return false
		}
	}
	return true
}

// toBounds returns the tree with IDs below prefix. Leaves that are names, which exist
// only until the next evaluation, count as Neg.
func toBounds(t NameTree[Name], prefix Path) NameTree[*Bound] {
	if !allBound(t) {
		return NameTree[*Bound]{}
	}
	return MapTree(t, func(n Name) *Bound { return below(prefix, n.Bound) })
}

func toNames(t NameTree[*Bound]) NameTree[Name] {
	return MapTree(t, func(b *Bound) Name { return Name{Bound: b} })
}

// below returns b with its full ID.
func below(prefix Path, b *Bound) *Bound {
	return &Bound{ID: prefix.Append(b.ID), Addr: b.Addr, Residual: b.Residual}
}
