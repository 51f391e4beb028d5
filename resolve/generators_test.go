package resolve_test

import (
	"strings"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/resolve"
)

// labels are short ones that meet each other, and any bytes.
var labels = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "b", "c", "#", "$", "*", "io.l5d.fs", "x:80", "[::1]", "/", "\x00"}),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 6), func(b []byte) string { return string(b) }),
)

var paths = rapid.Map(rapid.SliceOfN(labels, 0, 5), func(ls []string) resolve.Path {
	p, err := resolve.NewPath(ls...)
	if err != nil {
		panic(err)
	}
	return p
})

// trees have the form that parsing gives: a group has at least two members.
func trees(depth int) *rapid.Generator[tree] {
	return rapid.Custom(func(t *rapid.T) tree {
		ops := []resolve.Op{resolve.Leaf, resolve.Leaf, resolve.Neg, resolve.Empty, resolve.Fail}
		if depth > 0 {
			ops = append(ops, resolve.Alt, resolve.Union)
		}
		out := tree{Op: rapid.SampledFrom(ops).Draw(t, "op")}
		switch out.Op {
		case resolve.Leaf:
			out.Leaf = paths.Draw(t, "leaf")
		case resolve.Alt, resolve.Union:
			out.Sub = rapid.SliceOfN(trees(depth-1), 2, 4).Draw(t, "sub")
		}
		if out.Op == resolve.Union {
			for i := range out.Sub {
				out.Sub[i].Weight = rapid.OneOf(rapid.Just(1.0), rapid.Float64Range(0, 1e6)).Draw(t, "weight")
			}
		}
		return out
	})
}

// prefixes have wildcards, and labels that look like one.
var prefixes = rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.Just("/*"), rapid.Map(labels, func(l string) string {
	return resolve.Path{}.AppendLabel(l).String()
})), 0, 4), func(elements []string) resolve.Prefix {
	x, err := resolve.ParsePrefix("/" + strings.TrimPrefix(strings.Join(elements, ""), "/"))
	if err != nil {
		panic(err)
	}
	return x
})

var dtabs = rapid.Custom(func(t *rapid.T) resolve.Dtab {
	var d resolve.Dtab
	for range rapid.IntRange(0, 5).Draw(t, "entries") {
		d = append(d, resolve.Dentry{
			Prefix: prefixes.Draw(t, "prefix"),
			Dst:    trees(2).Draw(t, "dst"),
		})
	}
	return d
})
