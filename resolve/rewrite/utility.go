package rewrite

import "github.com/meshhop/meshhop/resolve"

// Utility is a namer whose rule is built in.
type Utility struct{ rule rule }

// rule rewrites a name that has the right form.
type rule func(resolve.Path) (to resolve.Path, ok bool)

// Lookup implements [resolve.Namer].
func (u *Utility) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	to, ok := u.rule(p)
	if !ok {
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	}
	return resolve.Const(resolve.LeafOf(resolve.Name{Path: to}))
}

// below rewrites what follows the first label.
func below(r rule) rule {
	return func(p resolve.Path) (resolve.Path, bool) {
		to, ok := r(p.Drop(1))
		return p.Take(1).Append(to), ok
	}
}

// onFirst rewrites the first label: to gives the labels that take its place.
func onFirst(to func(label string) (labels []string, ok bool)) rule {
	return func(p resolve.Path) (resolve.Path, bool) {
		if p.IsEmpty() {
			return p, false
		}
		labels, ok := to(p.Label(0))
		if !ok {
			return p, false
		}
		path, err := resolve.NewPath(labels...)
		return path.Append(p.Drop(1)), err == nil
	}
}

// dropFirst takes the first label away if it is what it should be.
func dropFirst(is func(label string) bool) rule {
	return onFirst(func(label string) ([]string, bool) { return nil, is(label) })
}
