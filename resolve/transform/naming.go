package transform

import (
	"errors"

	"github.com/meshhop/meshhop/resolve"
)

// naming is a transformer that looks a path up and puts what that is bound to
// in place of what it is given; see [Replace].
type naming struct {
	name         string
	prefix, path resolve.Path
	combine      func(given, found tree) tree
}

type tree = resolve.NameTree[*resolve.Bound]

// Replace puts what path is bound to in place of every replica set, as
// io.l5d.replace does: a name that is bound to none stays so, once it is known
// what path is bound to. Linkerd's prefix is /%/io.l5d.replace.
//
// The path is looked up without any dtab, so it begins with /#/ or /$/, among
// the namers that the transformer is configured beside, with their transformers
// and without those of the interpreter (NameInterpreter.global in
// ConstTransformer.scala). A change of what the path is bound to shows at once.
//
// A replica set that is put in has the ID prefix ++ path and the residual that
// the path has. Where the path is bound to several sets each has the ID prefix
// ++ its own: Linkerd gives all the same and so takes the first one for all.
func Replace(path, prefix resolve.Path) resolve.Transformer {
	return &naming{"ReplaceTransformer", prefix, path, replaceLeaves}
}

// Const puts what path is bound to in place of whatever a name is bound to, even if
// to nothing, as io.l5d.const does. A name that is pending or has failed stays so.
// Path is looked up as for [Replace]. Linkerd's prefix is /%/io.l5d.const.
func Const(path, prefix resolve.Path) resolve.Transformer {
	return &naming{"ConstTransformer", prefix, path, func(_, found tree) tree { return found }}
}

// String gives the name that explanations use, which is Linkerd's class name.
func (n *naming) String() string { return n.name }

// Transform implements [resolve.Transformer]. It fails: names can be looked up
// only by TransformNames, which an interpreter calls.
func (n *naming) Transform(*resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return resolve.FailedActivity[tree](errors.New("transform: " + n.name + " needs an interpreter to look " + n.path.String() + " up"))
}

// TransformNames is called in place of Transform, see [resolve.Transformer].
func (n *naming) TransformNames(names resolve.Interpreter, t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	bound := names.Bind(nil, n.path)
	found := resolve.MapActivity(bound, func(b tree) tree { return n.mark(bound, b) })
	return resolve.FlatMapActivity(t, func(given tree) *resolve.Activity[tree] {
		return resolve.MapActivity(found, func(found tree) tree { return n.combine(given, found) })
	})
}

// mark prefixes the IDs of the replica sets that the path is bound to.
func (n *naming) mark(bound *resolve.Activity[tree], b tree) tree {
	return resolve.MapTree(b, func(leaf *resolve.Bound) *resolve.Bound {
		if leaf != n.chief(b) {
			return &resolve.Bound{ID: n.prefix.Append(leaf.ID), Addr: leaf.Addr, Residual: leaf.Residual}
		}
		return &resolve.Bound{ID: n.prefix.Append(n.path), Addr: n.follow(bound), Residual: leaf.Residual}
	})
}

// chief is the replica set that goes by the path: the only one, or the one
// whose ID the path is.
func (n *naming) chief(b tree) *resolve.Bound {
	if b.Op == resolve.Leaf {
		return b.Leaf
	}
	for leaf := range b.Leaves() {
		if leaf.ID == n.path {
			return leaf
		}
	}
	return nil
}

// follow are the replicas of the set that goes by the path. Whoever keeps a set
// by its ID need not hear of it when that becomes another one.
func (n *naming) follow(bound *resolve.Activity[tree]) *resolve.Activity[resolve.Replicas] {
	return resolve.FlatMapActivity(bound, func(b tree) *resolve.Activity[resolve.Replicas] {
		if chief := n.chief(b); chief != nil {
			return chief.Addr
		}
		return resolve.Const(resolve.Replicas{Neg: true})
	})
}

// replaceLeaves gives the tree with found in place of each leaf.
func replaceLeaves(t, found tree) tree {
	if t.Op == resolve.Leaf {
		found.Weight = t.Weight
		return found
	}
	out := tree{Op: t.Op, Weight: t.Weight}
	for _, sub := range t.Sub {
		out.Sub = append(out.Sub, replaceLeaves(sub, found))
	}
	return out
}
