package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Mount says where in the namespace a namer answers.
type Mount struct {
	// Prefix is by convention /#/ and the namer's name, as /#/io.l5d.fs.
	Prefix Path
	Namer  Namer
	// Transformers change the namer's answers, the first one first. They do not see
	// answers that hold names to be looked up again.
	Transformers []Transformer
}

// Config of a [DefaultInterpreter].
type Config struct {
	// Namers in the order of the configuration: a later one is asked before an
	// earlier one, and if it answers Neg the next one is asked.
	Namers []Mount
	// Base, if set, is a dtab that may change. It stands before the dtab of each Bind
	// and Delegate, whose entries win over it. While it is pending or has failed, so
	// are all names.
	Base *Activity[Dtab]
	// Utilities answer below /$/ and their key, after the namers, for example
	// "inet". The utilities "nil" and "fail" are always there.
	Utilities map[string]Namer
	// Transformers change what names are bound to, the first one first.
	Transformers []Transformer
	// UnionWait bounds how long a union with a bound branch waits for a branch whose
	// namer has not answered yet, counted from when that namer was first asked. Zero
	// means 1 s.
	UnionWait time.Duration
	// MaxDepth is how many times a name may be rewritten. Zero means 100.
	MaxDepth int
	// MaxSteps bounds the work of looking one name up, and so what a stranger's name
	// and dtab can cost. A step is a name, 64 entries that it is compared with, a node
	// of what an entry or a namer leads to, or 256 bytes of a name; asking a namer
	// counts as 8. Zero means 420, which takes less than a millisecond and is over ten
	// times what the most expensive name needs (37) in 86 published configurations.
	MaxSteps int
}

const (
	defaultMaxDepth  = 100
	defaultUnionWait = time.Second
	defaultMaxSteps  = 420
)

// DefaultInterpreter follows names through a dtab and its namers. It is an
// [Interpreter] and a [Delegator].
type DefaultInterpreter struct {
	base         *Activity[Dtab] // nil if there is none
	mounts       []Mount         // in the order in which they are tried
	utilities    map[string]Namer
	transformers []Transformer
	maxDepth     int
	unionWait    time.Duration
	maxSteps     int
	known        string // names below /$/, for messages
	shared       *shared
	nested       int // how many transformers' questions led here
}

// New makes an interpreter. A Mount or utility without a namer, and an empty
// mount prefix, are errors.
func New(c Config) (*DefaultInterpreter, error) {
	in := &DefaultInterpreter{
		base:         c.Base,
		mounts:       slices.Clone(c.Namers),
		utilities:    maps.Clone(c.Utilities),
		transformers: slices.Clone(c.Transformers),
		maxDepth:     c.MaxDepth,
		unionWait:    c.UnionWait,
		maxSteps:     c.MaxSteps,
		shared:       &shared{},
	}
	if in.maxDepth == 0 {
		in.maxDepth = defaultMaxDepth
	}
	if in.maxDepth < 0 {
		return nil, fmt.Errorf("resolve: MaxDepth %d is negative", c.MaxDepth)
	}
	if in.unionWait == 0 {
		in.unionWait = defaultUnionWait
	}
	if in.maxSteps == 0 {
		in.maxSteps = defaultMaxSteps
	}
	if in.maxSteps < 0 {
		return nil, fmt.Errorf("resolve: MaxSteps %d is negative", c.MaxSteps)
	}
	if in.unionWait < 0 {
		return nil, fmt.Errorf("resolve: UnionWait %s is negative", c.UnionWait)
	}
	for _, m := range in.mounts {
		if m.Namer == nil || m.Prefix.IsEmpty() {
			return nil, fmt.Errorf("resolve: mount %s needs a prefix and a namer", m.Prefix)
		}
	}
	slices.Reverse(in.mounts)
	names := []string{"fail", "nil"}
	for name, namer := range in.utilities {
		if namer == nil || name == "" || slices.Contains(names[:2], name) {
			return nil, fmt.Errorf("resolve: utility %q needs a namer and a name that is not built in", name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	in.known = strings.Join(names, ", ")
	return in, nil
}

// Base is the dtab that stands before that of each Bind, nil if there is none.
func (in *DefaultInterpreter) Base() *Activity[Dtab] { return in.base }

// Bind follows p through d until only replica sets are left, and does so again when
// something changes that the result depended on. It starts when the result is observed.
//
// Of alternates the first that is not Neg counts; if it is pending or has failed, the
// others are not tried. In a union, Neg and Fail branches are dropped, and failed
// branches are skipped while another one is known. A union waits for a pending branch,
// so that the first requests are not all sent where only a few should go, but not
// longer than Config.UnionWait: from then on, until it answers, the branch is skipped
// at once by all names that it is a part of. While nothing but Neg and Fail is known
// beside it, the union stays pending.
//
// A binding has Failed with the error of a namer or of the base dtab, with
// [UnknownNamerError], or because the name takes more steps or work than is allowed.
func (in *DefaultInterpreter) Bind(d Dtab, p Path) *Activity[NameTree[*Bound]] {
	if in.nested > maxNested {
		return tooNested()
	}
	a := newActivity(func(set func(State[NameTree[*Bound]])) func() {
		b := newBinding(in, d, p, set)
		b.trigger()
		return b.close
	})
	for _, t := range in.transformers {
		a = in.transform(t, a)
	}
	return a
}

// UnknownNamerError says that there is no utility of that name below /$/, or that the
// utility cannot use what follows it. The Lookup of a utility fails with one that has
// only Reason set; the interpreter adds the rest.
type UnknownNamerError struct {
	Name   string
	Path   Path   // the whole name
	Reason string // what was expected
}

func (e *UnknownNamerError) Error() string {
	return fmt.Sprintf("Unknown namer: %s for path: %s (%s)", e.Name, e.Path, e.Reason)
}
