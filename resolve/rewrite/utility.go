package rewrite

import "github.com/meshhop/meshhop/resolve"

// Utilities gives the namers of Linkerd that rewrite names by a built-in rule, by
// their names below /$/. P stands for any one label; what follows is kept. A name
// of another form is Neg.
//
//   - io.buoyant.hostportPfx: /P/<host>:<port>/... becomes /P/<host>/<port>/...
//     There is exactly one colon, so the host is no IPv6 address. The port is a
//     number, or a name of at most 63 lower-case letters, digits and "-", which is
//     not the first.
//   - io.buoyant.porthostPfx: /P/<host>:<port>/... becomes /P/<port>/<host>/...
//   - io.buoyant.http.anyHost: /<host>/... becomes /...; a host is of letters,
//     digits, ".", ":", "_" and "-", so an IPv6 address is one, and a host with its
//     port. anyHostPfx: /P/<host>/... becomes /P/...
//   - io.buoyant.http.anyMethod: /<METHOD>/... becomes /...; a method is of the
//     letters A to Z. anyMethodPfx: /P/<METHOD>/... becomes /P/...
//   - io.buoyant.http.domainToPath: /<host>/... becomes the labels of the host in
//     reverse, so /foo.buoyant.io becomes /io/buoyant/foo. A port is a part of the
//     last label. Dots at the end of the host do not count. domainToPathPfx does the
//     same behind a prefix: /P/foo.buoyant.io becomes /P/io/buoyant/foo.
//   - io.buoyant.http.subdomainOf: /<domain>/<host>/... becomes what the host has
//     before .<domain>, so /buoyant.io/foo.buoyant.io becomes /foo. The host's port
//     is cut off first. subdomainOfPfx has a prefix between the two:
//     /buoyant.io/P/foo.buoyant.io becomes /P/foo.
func Utilities() map[string]resolve.Namer {
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
