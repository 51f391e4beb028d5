package fs

import (
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// Names are the names that can be bound now, which are those of all files, in
// directories too, sorted; at most 10,000.
func (n *Namer) Names() ([]resolve.Path, error) {
	var all []resolve.Path
	err := n.list(func(l *listing) {
		l.walk(".", resolve.Path{}, func(p resolve.Path, _ string) { all = append(all, p) })
	})
	slices.SortFunc(all, func(a, b resolve.Path) int { return strings.Compare(a.String(), b.String()) })
	return all, err
}
