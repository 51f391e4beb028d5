package lint

import (
	"iter"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// maxWork bounds one call of [Dtab]. A step is a prefix compared with a name or 64
// bytes of one; a part of a tree counts as many.
const (
	maxWork  = 20_000_000
	nodeCost = 100
)

// meanings works out what names may come to, over all answers that namers may
// give and all labels that may follow a name: a meaning stands for all names
// that begin with its path. What it gives is never too little: an outcome that
// is not in the set is not possible under this dtab.
//
// It is not the evaluator of package resolve, although it knows the same rules:
// that one follows one name over the answers that namers give now, and would have
// to be asked about every name and every answer there can be. TestFindingsAreTrue
// holds the two together.
type meanings struct {
	dtab   resolve.Dtab
	elems  [][]string // of each entry's prefix, "*" a wildcard
	config *Config
	// plain leaves out of consideration those names in which a label that
	// follows the path is one that the dtab or a mount spells out.
	plain bool
	cut   int // labels that are told apart; longer names count as what they begin with
	all   map[resolve.Path]*meaning
	fresh []*meaning // whose may is not known yet
	work  int
}

// meaning is what the names that begin with path come to.
type meaning struct {
	path  resolve.Path
	rules []rule // the entries that rewrite them, the last one first
	may   outcomes

	from    []*meaning // that lead here, while may is worked out
	waits   int        // how many that this one leads to may still run in a circle
	settled bool
	queued  bool
}

// rule is an entry that rewrites names.
type rule struct {
	entry int
	must  bool // it matches all of them
	dst   resolve.NameTree[target]
}

// target is a leaf of an entry's tree, as it is for some names.
type target struct {
	*meaning
	leaf resolve.Path // as written
	end  int          // its place among the ends of the tree
}

func newMeanings(d resolve.Dtab, c *Config, plain bool) *meanings {
	m := &meanings{dtab: d, config: c, plain: plain, all: make(map[resolve.Path]*meaning)}
	for _, e := range d {
		m.elems = append(m.elems, elements(e.Prefix.String()))
		m.cut = max(m.cut, len(m.elems[len(m.elems)-1]))
		for p := range e.Dst.Leaves() {
			m.cut = max(m.cut, p.Len())
		}
	}
	for _, n := range c.Namers {
		m.cut = max(m.cut, n.Prefix.Len())
	}
	m.cut += 2 // so that /$/inet/host/port is seen whole
	return m
}

// elements splits the text of a path or prefix.
func elements(text string) []string {
	if text == "/" {
		return nil
	}
	return strings.Split(text[1:], "/")
}

// literal is what elements begin with before the first wildcard, from an element on.
func literal(x resolve.Prefix, from int) resolve.Path {
	rest := resolve.Path(x).Drop(from) // the same text, in which "*" is no label
	for i, elem := range elements(rest.String()) {
		if elem == "*" {
			return rest.Take(i)
		}
	}
	return rest
}

// size is the number of nodes of a tree.
func size(t resolve.NameTree[resolve.Path]) int {
	n := 1
	for _, sub := range t.Sub {
		n += size(sub)
	}
	return n
}

// exhausted says that the work was too much. What is known then is too little.
func (m *meanings) exhausted() bool { return m.work > maxWork }

// tree gives what an entry leads to, where rest follows the prefix.
func (m *meanings) tree(t resolve.NameTree[resolve.Path], rest resolve.Path) resolve.NameTree[target] {
	m.work += nodeCost * size(t)
	end := 0
	var build func(t resolve.NameTree[resolve.Path]) resolve.NameTree[target]
	build = func(t resolve.NameTree[resolve.Path]) resolve.NameTree[target] {
		out := resolve.NameTree[target]{Op: t.Op, Weight: t.Weight}
		if t.Op == resolve.Leaf {
			out.Leaf = target{meaning: m.at(t.Leaf.Append(rest)), leaf: t.Leaf, end: end}
		}
		for _, sub := range t.Sub {
			out.Sub = append(out.Sub, build(sub))
		}
		if len(t.Sub) == 0 {
			end++
		}
		return out
	}
	return build(t)
}

// at gives the meaning of the names that begin with p.
func (m *meanings) at(p resolve.Path) *meaning {
	m.work += 1 + len(p.String())/64
	p = p.Take(m.cut)
	x := m.all[p]
	if x == nil {
		x = &meaning{path: p}
		m.all[p] = x
		m.fresh = append(m.fresh, x)
	}
	return x
}

// settle works out the meanings that are new, and those that they lead to.
func (m *meanings) settle() {
	for i := 0; i < len(m.fresh) && !m.exhausted(); i++ {
		m.lookup(m.fresh[i])
	}
	fresh := m.fresh
	m.fresh = nil
	if m.exhausted() {
		for _, x := range fresh {
			x.may, x.settled = mayBeAny, true
		}
		return
	}
	m.circles(fresh)
	m.fixpoint(fresh)
	for _, x := range fresh {
		x.settled, x.from = true, nil
	}
}

// lookup finds the entries that match x.
func (m *meanings) lookup(x *meaning) {
	labels := elements(x.path.String())
	m.work += len(m.dtab) * (1 + len(x.path.String())/64)
	for i := len(m.dtab) - 1; i >= 0; i-- {
		matches, must := m.matches(m.elems[i], labels)
		if !matches {
			continue
		}
		rest := x.path.Drop(len(m.elems[i]))
		x.rules = append(x.rules, rule{entry: i, must: must, dst: m.tree(m.dtab[i].Dst, rest)})
		if m.exhausted() {
			return
		}
	}
}

// matches says whether a prefix matches some names that begin with labels, and
// whether it matches all of them.
func (m *meanings) matches(prefix, labels []string) (some, all bool) {
	for i, elem := range prefix {
		switch {
		case elem == "*":
		case i >= len(labels):
			if m.plain {
				return false, false
			}
		case elem != labels[i]:
			return false, false
		}
	}
	return true, len(prefix) <= len(labels)
}

// circles finds the meanings from which names may be rewritten for ever: it
// takes away each that leads only to meanings taken away before; the circles are left.
func (m *meanings) circles(fresh []*meaning) {
	var free []*meaning
	for _, x := range fresh {
		for to := range x.leads() {
			if !to.settled {
				to.from = append(to.from, x)
				x.waits++
			}
		}
		if x.waits == 0 {
			free = append(free, x)
		}
	}
	for len(free) > 0 {
		x := free[len(free)-1]
		free = free[:len(free)-1]
		for _, from := range x.from {
			if from.waits--; from.waits == 0 {
				free = append(free, from)
			}
		}
	}
	for _, x := range fresh {
		if x.waits > 0 {
			x.may = mayLoop
		}
	}
}

// fixpoint evaluates until nothing is added any more.
func (m *meanings) fixpoint(fresh []*meaning) {
	todo := slices.Clone(fresh) // the last ones found, which lead nowhere new, first
	for _, x := range todo {
		x.queued = true
	}
	for len(todo) > 0 {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		x.queued = false
		now := x.may | m.evaluate(x)
		if now == x.may {
			continue
		}
		x.may = now
		for _, from := range x.from {
			if !from.queued {
				from.queued = true
				todo = append(todo, from)
			}
		}
	}
}

// leads gives all that some name of x may be rewritten to.
func (x *meaning) leads() iter.Seq[*meaning] {
	return func(yield func(*meaning) bool) {
		for _, r := range x.rules {
			for to := range r.dst.Leaves() {
				if !yield(to.meaning) {
					return
				}
			}
		}
	}
}
