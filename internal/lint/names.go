package lint

import (
	"slices"

	"github.com/meshhop/meshhop/resolve"
)

// names looks for names that mean nothing: no entry matches them, no namer
// serves them.
func (l *linter) names() {
	if l.rules.exhausted() {
		return
	}
	told := make(map[resolve.Path]bool)
	for i, t := range l.trees {
		for to := range t.Leaves() {
			name := to.leaf
			if name.IsEmpty() || len(to.rules) > 0 || l.rules.asked(to.path) != mayNeg {
				continue
			}
			f := Finding{Kind: kindUnknownName, Pos: l.endAt(i, to.end)}
			if name.Label(0) == "#" {
				f.Kind, name = kindNoNamer, name.Take(2)
			}
			if told[name] {
				continue
			}
			told[name] = true
			if f.Kind == kindNoNamer {
				f.Problem = "no namer is configured for " + shown(to.leaf.String()) + ": names there mean nothing"
				f.Advice = l.instead(name.String(), l.mounts(), "configure one, or delete the name")
			} else {
				f.Problem = "nothing is known of " + shown(name.String()) + ": no entry matches it, and no namer is asked"
				f.Advice = l.instead("/"+elements(name.String())[0], l.heads(), "write an entry for it, or delete the name")
			}
			l.find(f)
		}
	}
}

// instead is an advice: the word that was meant, if one is near.
func (l *linter) instead(word string, words []string, otherwise string) string {
	if l.config.Nearest != nil && !slices.Contains(words, word) {
		if near := l.config.Nearest(word, words); near != "" {
			l.meant[near] = true
			return `did you mean "` + near + `"?`
		}
	}
	return otherwise
}

func (l *linter) mounts() []string {
	var all []string
	for _, n := range l.config.Namers {
		all = append(all, n.Prefix.String())
	}
	return all
}

// heads are the first labels that mean something.
func (l *linter) heads() []string {
	var all []string
	for _, e := range l.rules.elems {
		if len(e) > 0 && e[0] != "*" {
			all = append(all, "/"+e[0])
		}
	}
	return all
}
