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
	// Transformers change the namer's answers, the first one first. An answer
	// that holds names to be looked up again is left alone.
	Transformers []Transformer
}

// Config says what a [DefaultInterpreter] knows beside the dtab.
type Config struct {
	// Namers in the order of the configuration: a later one is tried before
	// an earlier one, and one that answers Neg leaves the name to the next.
	Namers []Mount
	// Base, if set, is a dtab that may change. It stands before the dtab of
	// each Bind and Delegate, whose entries win over it. While it is pending,
	// or has failed, so are names.
	Base *Activity[Dtab]
	// Utilities answer below /$/ and their key, after the namers, for example
	// "inet". The utilities "nil" and "fail" are always there.
	Utilities map[string]Namer
	// Transformers change what names are bound to, the first one first.
	Transformers []Transformer
	// UnionWait bounds how long a union waits for a branch that its namer has
	// not answered yet while another one is bound, counted from when the namer
	// was first asked. Zero means 1 s.
	UnionWait time.Duration
	// MaxDepth is how many times a name may be rewritten. Zero means 100.
	MaxDepth int
	// MaxSteps bounds the work of looking one name up, and so what a stranger's
	// name and dtab cost: a step is a name, 64 entries that it is compared with,
	// a node of what an entry or a namer leads to, or 256 bytes of a name, and a
	// namer that is asked counts as 8. Zero means 420: less than a millisecond
	// to look up and to explain, and over ten times the 37 steps that the
	// costliest name takes of the 86 configurations of others that we know.
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

// Bind follows p through d until only replica sets are left, and again
// whenever something that it depended on changes. It starts to work when the
// result is observed.
//
// Of alternates the first that is not Neg counts; one that is pending or has
// failed keeps the others from being tried. In a union Neg and Fail branches
// are dropped, and failed ones are passed over while another is known. A union
// with a branch that is pending waits for it, so that the first to ask is not
// sent where only some are to go, but not longer than Config.UnionWait: from
// then on, until it answers, the branch is passed over at once, by whatever
// else goes through it, too. While nothing but Neg and Fail is known beside it
// the union stays pending.
//
// The states Failed of a binding are: a namer's failure, that of the base dtab,
// [UnknownNamerError], or a name that takes more steps or work than is allowed.
func (in *DefaultInterpreter) Bind(d Dtab, p Path) *Activity[NameTree[*Bound]] {
	if in.nested > maxNested {
		return tooNested()
	}
	a := newActivity(func(set func(State[NameTree[*Bound]])) func() {
		b := newBinding(in, d, p, set)
		b.kick()
		return b.close
	})
	for _, t := range in.transformers {
		a = in.transform(t, a)
	}
	return a
}

// UnknownNamerError says that a name below /$/ is not known, or that what
// follows it makes no sense to it. A utility's Lookup fails with one that has
// only Reason set; the interpreter adds the rest.
type UnknownNamerError struct {
	Name   string
	Path   Path   // the whole name
	Reason string // what was expected
}

func (e *UnknownNamerError) Error() string {
	return fmt.Sprintf("Unknown namer: %s for path: %s (%s)", e.Name, e.Path, e.Reason)
}
