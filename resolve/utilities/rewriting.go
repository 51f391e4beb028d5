package utilities

import "github.com/meshhop/meshhop/resolve"

// rewriting are the namers that rewrite names by a built-in rule.
func rewriting() map[string]resolve.Namer {
	return map[string]resolve.Namer{
		"io.buoyant.hostportPfx": utility{below(onFirst(func(label string) ([]string, bool) {
			host, port, ok := hostPort(label)
			return []string{host, port}, ok
		}))},
		"io.buoyant.porthostPfx": utility{below(onFirst(func(label string) ([]string, bool) {
			host, port, ok := hostPort(label)
			return []string{port, host}, ok
		}))},
		"io.buoyant.http.anyHost":         utility{dropFirst(isHost)},
		"io.buoyant.http.anyHostPfx":      utility{below(dropFirst(isHost))},
		"io.buoyant.http.anyMethod":       utility{dropFirst(isMethod)},
		"io.buoyant.http.anyMethodPfx":    utility{below(dropFirst(isMethod))},
		"io.buoyant.http.domainToPath":    utility{onFirst(reversed)},
		"io.buoyant.http.domainToPathPfx": utility{below(onFirst(reversed))},
		"io.buoyant.http.subdomainOf":     utility{func(p resolve.Path) (resolve.Path, bool) { return subdomain(p, 1) }},
		"io.buoyant.http.subdomainOfPfx":  utility{func(p resolve.Path) (resolve.Path, bool) { return subdomain(p, 2) }},
	}
}

// utility is a namer whose rule is built in. The rule rewrites a name that has the
// right form.
type utility struct{ rule rule }

type rule func(resolve.Path) (to resolve.Path, ok bool)

// Lookup implements [resolve.Namer].
func (u utility) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
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
