package config

import (
	"strings"

	"github.com/meshhop/meshhop/internal/pathmatch"
	"github.com/meshhop/meshhop/resolve"
)

// plainTraffic is the kind of the finding that no client goes by the tls of a prefix; it is
// one of lint.Kinds.
const plainTraffic = "plain-traffic"

// lintTLS finds the client blocks with tls whose prefix matches the id of no replica set that
// the router can have. A slip in a prefix has traffic go out in the clear, and nothing else
// says so. It prefers silence to a false alarm.
func (f *File) lintTLS(r routerSection) (all []Finding) {
	var ids []idHead
	known := false
	for _, c := range r.clients {
		tls := c.keys.tls
		if tls == nil || !tls.on || c.prefix == nil {
			continue
		}
		if !known {
			ids, known = f.idsOf(r)
			if !known {
				return nil
			}
		}
		if matchesAny(c.prefix, ids) {
			continue
		}
		all = append(all, Finding{Position: tls.at, Path: tls.path, Kind: plainTraffic, Text: "the prefix " + c.prefix.String() +
			" matches nothing that the dtab leads to, so that traffic goes out in the clear; " + adviceOf(c.prefix, ids)})
	}
	return all
}

// idHead is how ids of replica sets begin.
type idHead struct {
	path  resolve.Path
	plain resolve.Path // without transformers
}

// idsOf returns how the ids begin that the dtab and the transformers make; ok is false if
// anything is possible.
func (f *File) idsOf(r routerSection) (all []idHead, ok bool) {
	outer, ok := prefixOf(r.interpreter.transformers)
	if !ok {
		return nil, false
	}
	leaves := []resolve.Path{r.prefix}
	for _, e := range r.dtab {
		leaves = appendLeaves(leaves, e.Dst)
	}
	for _, leaf := range leaves {
		switch {
		case leaf.IsEmpty():
			return nil, false // requests may name anything
		case leaf.Label(0) == "$":
			switch bound, certain := utilityBinds(leaf); {
			case !certain:
				return nil, false
			case bound:
				all = append(all, idHead{outer.Append(leaf), leaf})
			}
		case leaf.Label(0) == "#":
			for _, n := range f.namers {
				if !leaf.HasPrefix(n.prefix) && !n.prefix.HasPrefix(leaf) {
					continue
				}
				inner, ok := prefixOf(n.transformers)
				if !ok || !n.noOtherName {
					return nil, false // it may lead to other names
				}
				head := leaf
				if n.prefix.Len() > leaf.Len() {
					head = n.prefix
				}
				all = append(all, idHead{outer.Append(inner).Append(head), head})
			}
		}
	}
	return all, true
}

// prefixOf is what transformers put before an id; ok is false if they put another one in its
// place.
func prefixOf(transformers []transformerSection) (p resolve.Path, ok bool) {
	for _, t := range transformers {
		if t.build == nil || !t.looksUp.IsEmpty() {
			return p, false
		}
		p = t.prefix.Append(p)
	}
	return p, true
}

// utilityBinds reports whether a utility binds names itself, and does not lead to others.
// certain is false if it may lead to a name that the dtab does not show.
func utilityBinds(leaf resolve.Path) (bound, certain bool) {
	switch name := leaf.Label(1); {
	case leaf.Len() < 2:
		return false, false
	case name == "inet", name == "fixedinet", name == "nil", name == "fail", name == "io.buoyant.rinet", name == "io.buoyant.http.status":
		return true, true
	case !strings.HasPrefix(name, "io.buoyant."):
		return false, false
	}
	// What it leads to begins with one of its labels, and goes on by the dtab.
	for i := 2; i < leaf.Len(); i++ {
		if label := leaf.Label(i); label == "#" || label == "$" {
			return false, false
		}
	}
	return false, leaf.Len() > 2
}

func appendLeaves(all []resolve.Path, t resolve.NameTree[resolve.Path]) []resolve.Path {
	if t.Op == resolve.Leaf {
		return append(all, t.Leaf)
	}
	for _, sub := range t.Sub {
		all = appendLeaves(all, sub)
	}
	return all
}

func matchesAny(m *pathmatch.Matcher, ids []idHead) bool {
	for _, id := range ids {
		// Some namers' ids are in lower case, whatever the name is.
		if m.MayMatch(id.path) || m.MayMatch(lower(id.path)) {
			return true
		}
	}
	return false
}

func lower(p resolve.Path) resolve.Path {
	var all resolve.Path
	for i := range p.Len() {
		all = all.AppendLabel(strings.ToLower(p.Label(i)))
	}
	return all
}

// adviceOf says which prefix would match.
func adviceOf(m *pathmatch.Matcher, ids []idHead) string {
	for _, id := range ids {
		if m.MayMatch(id.plain) {
			return "transformers are a part of it: begin it with " + id.path.String()
		}
	}
	if len(ids) == 0 {
		return "delete the block, or correct the dtab"
	}
	return "begin it as the dtab does, such as " + ids[len(ids)-1].path.String()
}
