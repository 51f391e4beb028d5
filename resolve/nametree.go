package resolve

import "iter"

// Op says what kind of node a [NameTree] is.
type Op uint8

// The kinds of nodes. Neg is the zero value.
const (
	Neg   Op = iota // no such name: the next alternate is tried
	Empty           // the name exists and has no replicas
	Fail            // the look-up ends: no alternate is tried
	Leaf            // a name, or what it is bound to
	Alt             // the first of Sub that is not Neg
	Union           // all of Sub, each with its share of the traffic
)

// String gives the name of the constant.
func (o Op) String() string {
	switch o {
	case Neg:
		return "Neg"
	case Empty:
		return "Empty"
	case Fail:
		return "Fail"
	case Leaf:
		return "Leaf"
	case Alt:
		return "Alt"
	case Union:
		return "Union"
	}
	return "Op(?)"
}

// NameTree is a composition of names of type T. Its zero value is Neg. Trees are
// values: a published tree is never changed.
type NameTree[T any] struct {
	Op   Op
	Leaf T             // for Leaf
	Sub  []NameTree[T] // for Alt and Union
	// Weight is this node's share as a branch of a Union, 1 being normal. It
	// means nothing elsewhere.
	Weight float64
}

// LeafOf is a tree of one name.
func LeafOf[T any](v T) NameTree[T] { return NameTree[T]{Op: Leaf, Leaf: v} }

// AltOf tries its arguments in order. No argument is Neg, one is itself.
func AltOf[T any](sub ...NameTree[T]) NameTree[T] {
	switch len(sub) {
	case 0:
		return NameTree[T]{}
	case 1:
		return sub[0].unweighted()
	}
	return NameTree[T]{Op: Alt, Sub: sub}
}

// UnionOf spreads traffic over its arguments by their Weight. No argument is
// Neg, one is itself. Set Weight first: a zero weight is never picked.
func UnionOf[T any](sub ...NameTree[T]) NameTree[T] {
	switch len(sub) {
	case 0:
		return NameTree[T]{}
	case 1:
		return sub[0].unweighted()
	}
	return NameTree[T]{Op: Union, Sub: sub}
}

// MapTree returns the same tree with f applied to every leaf, from left to right.
func MapTree[T, U any](t NameTree[T], f func(T) U) NameTree[U] {
	out := NameTree[U]{Op: t.Op, Weight: t.Weight}
	if t.Op == Leaf {
		out.Leaf = f(t.Leaf)
	}
	if len(t.Sub) > 0 {
		out.Sub = make([]NameTree[U], len(t.Sub))
		for i, sub := range t.Sub {
			out.Sub[i] = MapTree(sub, f)
		}
	}
	return out
}

// Leaves yields every leaf, from left to right.
func (t NameTree[T]) Leaves() iter.Seq[T] {
	return func(yield func(T) bool) { t.walk(yield) }
}

func (t NameTree[T]) walk(yield func(T) bool) bool {
	if t.Op == Leaf {
		return yield(t.Leaf)
	}
	for _, sub := range t.Sub {
		if !sub.walk(yield) {
			return false
		}
	}
	return true
}

func (t NameTree[T]) unweighted() NameTree[T] {
	t.Weight = 0
	return t
}

func (t NameTree[T]) withWeight(w float64) NameTree[T] {
	t.Weight = w
	return t
}

// size is the number of nodes.
func (t NameTree[T]) size() int {
	n := 1
	for _, sub := range t.Sub {
		n += sub.size()
	}
	return n
}
