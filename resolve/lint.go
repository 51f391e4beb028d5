package resolve

import (
	"cmp"
	"slices"
)

// LintConfig says what a dtab is used with.
type LintConfig struct {
	// Requests are the names that requests have. If there are none it is not
	// known, and no entry is called unreachable.
	Requests []RequestNames
	// Namers are those that are mounted.
	Namers []LintNamer
	// Utilities are the names below /$/, beside nil and fail: what each may
	// answer for all names that begin with rest.
	Utilities map[string]func(rest Path) Answers
	// Nearest finds the word that a misspelt one was meant to be, "" if none
	// is near. Nil means that nothing is suggested.
	Nearest func(word string, words []string) string
}

// RequestNames are names that begin with Prefix; with Exact they also end with
// it.
type RequestNames struct {
	Prefix Prefix
	Exact  bool
}

func (r RequestNames) String() string {
	switch {
	case r.Exact:
		return r.Prefix.String()
	case r.Prefix.text == "":
		return "/..."
	}
	return r.Prefix.text + "/..."
}

// LintNamer is what [Lint] knows of a [Mount].
type LintNamer struct {
	Prefix  Path
	Answers Answers
}

// Answers says what a namer may answer, beside failing.
type Answers uint8

// What a namer may answer. The zero value promises nothing.
const (
	AnyAnswer   Answers = iota // Neg, a replica set, other names to look up
	NoOtherName                // Neg or a replica set
	AlwaysBound                // a replica set, whatever the name, as /$/inet
)

// ForAll is the same for all names; it is a function for [LintConfig].
func (a Answers) ForAll(Path) Answers { return a }

// Finding is one thing that is wrong with a dtab that can be read.
type Finding struct {
	Kind FindingKind
	// Error says that requests must fail as the dtab is written; otherwise the
	// finding is a warning: something that was written has no effect, or
	// another one than it seems to have.
	Error bool
	// Pos is where it stands, as a byte offset in the text.
	Pos int
	// Problem says what is wrong, and Advice what to write instead.
	Problem, Advice string
	// Other is where the entry stands that Problem speaks of as the later
	// one, -1 if it speaks of none.
	Other int
}

// FindingKind tells findings apart.
type FindingKind string

// The kinds of findings.
const (
	FoundLoop        FindingKind = "loop"         // a name is rewritten for ever
	FoundZeroWeight  FindingKind = "zero-weight"  // no branch of a union has a weight
	FoundLoneWeight  FindingKind = "lone-weight"  // a weight with nothing beside it
	FoundShadowed    FindingKind = "shadowed"     // an entry is never used, because of a later one with its prefix
	FoundSwallowed   FindingKind = "swallowed"    // ... with a wider prefix
	FoundUnreached   FindingKind = "unreached"    // an alternate is never tried
	FoundUnreachable FindingKind = "unreachable"  // no name leads to an entry
	FoundNoRoute     FindingKind = "no-route"     // no name of a request leads to any entry
	FoundNoNamer     FindingKind = "no-namer"     // a name below /#/ that no namer serves
	FoundUnknownName FindingKind = "unknown-name" // a name that nothing is known of
	FoundNotChecked  FindingKind = "not-checked"  // the dtab takes too much work
)

// FindingKinds gives all of them.
func FindingKinds() []FindingKind {
	return []FindingKind{FoundLoop, FoundZeroWeight, FoundLoneWeight, FoundShadowed, FoundSwallowed, FoundUnreached, FoundUnreachable,
		FoundNoRoute, FoundNoNamer, FoundUnknownName, FoundNotChecked}
}

// maxFindings bounds what is said about one dtab.
const maxFindings = 100

// Lint looks for what is wrong with a dtab although it can be read, in the
// order of the text; the error is that of [ParseDtab].
//
// It judges what the dtab means by itself, while a request's own entries can
// give names another meaning. It errs on the side of silence: what namers
// answer is not known, so only what holds for all of their answers is a
// finding. In particular an entry, or an alternate, is called unused only where
// what is tried before it can never be Neg: an entry whose later namesake may
// be Neg is a fallback. The work is bounded.
func Lint(dtab string, c LintConfig) ([]Finding, error) {
	var m marks
	d, err := parseDtab(dtab, &m)
	if err != nil {
		return nil, err
	}
	l := newLinter(d, m, &c)
	l.weights()
	l.loops()
	l.shadows()
	l.alternates()
	l.names()
	l.reach()
	if l.rules.tired() {
		l.giveUp()
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int { return cmp.Compare(a.Pos, b.Pos) })
	if last := len(l.found) - 1; l.full {
		l.found = append(l.found, Finding{Kind: FoundNotChecked, Pos: l.found[last].Pos, Other: -1, Problem: "more is wrong than is told here"})
	}
	return l.found, nil
}

// linter is one look at a dtab.
type linter struct {
	config *LintConfig
	dtab   Dtab
	texts  []string // of the entries
	marks  marks
	rules  *meanings          // what names come to
	trees  []NameTree[target] // what each entry leads to, whatever follows its prefix
	meant  map[string]bool    // words that were advised
	unused map[int]bool       // entries that were told to be
	found  []Finding
	full   bool // something was not put into it
}

func newLinter(d Dtab, m marks, c *LintConfig) *linter {
	l := &linter{config: c, dtab: d, marks: m, rules: newMeanings(d, c, false), meant: make(map[string]bool), unused: make(map[int]bool)}
	for _, e := range d {
		l.texts = append(l.texts, e.String())
		l.trees = append(l.trees, l.rules.tree(e.Dst, Path{}))
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

// giveUp takes back what was found with meanings that are not known whole.
func (l *linter) giveUp() {
	l.found = slices.DeleteFunc(l.found, func(f Finding) bool { return f.Kind != FoundZeroWeight && f.Kind != FoundLoneWeight })
	l.full = false
	l.find(Finding{Kind: FoundNotChecked, Problem: "the dtab rewrites names into too many names to look at all of them",
		Advice: "write it in fewer entries"})
}

// entryAt is where an entry stands.
func (l *linter) entryAt(i int) int { return l.marks.entries[i].at }

// endAt is where an end of an entry's tree stands, its name or its sign.
func (l *linter) endAt(entry, end int) int { return l.marks.entries[entry].ends[end].at }

// branchAt is where an end stands together with its weight.
func (l *linter) branchAt(entry, end int) int { return l.marks.entries[entry].ends[end].from }

// shown is how a message repeats a part of the dtab.
func shown(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// ends is how many parts of a tree have no parts.
func ends[T any](t NameTree[T]) int {
	if len(t.Sub) == 0 {
		return 1
	}
	n := 0
	for _, sub := range t.Sub {
		n += ends(sub)
	}
	return n
}
