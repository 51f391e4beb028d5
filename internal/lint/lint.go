package lint

import (
	"cmp"
	"slices"

	"github.com/meshhop/meshhop/internal/dtabpos"
	"github.com/meshhop/meshhop/resolve"
)

// maxFindings bounds what is reported about one dtab.
const maxFindings = 100

// Dtab reports what is wrong with a dtab although it can be read, in the order of
// the text. The error is that of [resolve.ParseDtab].
//
// It judges what the dtab means by itself; a request's own entries can give names
// another meaning. It prefers silence to a false alarm: what namers will answer is
// not known, so a finding is only what holds for all of their possible answers. In
// particular, an entry or an alternate is reported as unused only if what is tried
// before it can never be Neg: an entry with a later namesake that may be Neg is a
// fallback. The work is bounded.
func Dtab(text string, c Config) ([]Finding, error) {
	d, err := resolve.ParseDtab(text)
	if err != nil {
		return nil, err
	}
	l := newLinter(text, d, &c)
	l.weights()
	l.loops()
	l.shadows()
	l.alternates()
	l.names()
	l.reach()
	if l.rules.exhausted() {
		l.abort()
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	if last := len(l.found) - 1; l.full {
		l.found = append(l.found, Finding{Kind: kindNotChecked, Pos: l.found[last].Pos, Other: -1, Problem: "more is wrong than is told here"})
	}
	return l.found, nil
}

// linter is one look at a dtab.
type linter struct {
	config *Config
	dtab   resolve.Dtab
	texts  []string        // of the entries
	at     []dtabpos.Entry // where the entries stand
	lone   []dtabpos.Lone
	rules  *meanings                  // what names come to
	trees  []resolve.NameTree[target] // what each entry leads to, whatever follows its prefix
	meant  map[string]bool            // words that were suggested
	unused map[int]bool               // entries that were reported as unused
	found  []Finding
	full   bool // a finding was left out
}

func newLinter(text string, d resolve.Dtab, c *Config) *linter {
	l := &linter{config: c, dtab: d, rules: newMeanings(d, c, false), meant: make(map[string]bool), unused: make(map[int]bool)}
	l.at, l.lone = dtabpos.Scan(text)
	for _, e := range d {
		l.texts = append(l.texts, e.String())
		l.trees = append(l.trees, l.rules.tree(e.Dst, resolve.Path{}))
	}
	l.rules.settle()
	return l
}

func (l *linter) find(f Finding) {
	if f.Other == 0 {
		f.Other = -1 // no later entry begins the text
	}
	if l.full = l.full || len(l.found) == maxFindings; !l.full {
		l.found = append(l.found, f)
	}
}

// abort withdraws what was found by meanings that are incomplete.
func (l *linter) abort() {
	l.found = slices.DeleteFunc(l.found, func(f Finding) bool { return f.Kind != kindZeroWeight && f.Kind != kindLoneWeight })
	l.full = false
	l.find(Finding{Kind: kindNotChecked, Problem: "the dtab rewrites names into too many names to look at all of them",
		Advice: "write it in fewer entries"})
}

// entryAt is where an entry stands.
func (l *linter) entryAt(i int) int { return l.at[i].At }

// endAt is where an end of an entry's tree stands, its name or its sign.
func (l *linter) endAt(entry, end int) int { return l.at[entry].Ends[end].At }

// branchAt is where an end stands together with its weight.
func (l *linter) branchAt(entry, end int) int { return l.at[entry].Ends[end].From }

// shown is how a message repeats a part of the dtab.
func shown(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// ends is how many parts of a tree have no parts.
func ends[T any](t resolve.NameTree[T]) int {
	if len(t.Sub) == 0 {
		return 1
	}
	n := 0
	for _, sub := range t.Sub {
		n += ends(sub)
	}
	return n
}
