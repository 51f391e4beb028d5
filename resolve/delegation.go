package resolve

import (
	"context"
	"time"
)

// Delegator explains what a name comes to.
type Delegator interface {
	// Delegate follows p through d as Bind does but expands all alternates.
	// It waits until every answer is known or ctx ends. In the second case it
	// gives what is known together with ctx's error.
	Delegate(ctx context.Context, d Dtab, p Path) (*Delegation, error)
}

// Delegation is the explanation of one name: a tree of the steps of its look-up.
//
// Where rules match a name, its step is a Leaf with the tree of the one rule in
// Delegate, or an Alt with a branch for each rule, the last rule first. The tree of a
// rule has steps of the same Path for its alternates and unions, and below them a step
// for each name that it leads to. Where no rule matches, or the only one says Neg, the
// step holds what the namers said, see Asked.
type Delegation struct {
	// Path is the name that this step is about.
	Path Path
	// Dentry is the rule that led here, nil at the root. It points into the
	// dtab that the name was looked up in.
	Dentry *Dentry
	// Op says what the step led to: Neg, Empty and Fail end it, Alt and Union have
	// Branches, and a Leaf has a Bound, or a Delegate if Path was rewritten. It means
	// nothing if Err is set.
	Op Op
	// Explicit says that a Neg was written in a rule or an answer, rather
	// than being the absence of an answer.
	Explicit bool
	// Weight is this step's share as a branch of a union.
	Weight   float64
	Branches []*Delegation
	Delegate *Delegation
	// Bound is a replica set as it was at that moment: its Addr does not change.
	Bound *Bound
	// Transformer, if set, names what changed Bound, or for a name that was bound
	// to nothing Branches, into Delegate.
	Transformer string
	// Err is why the step has no outcome.
	Err error
	// Pending says that the namer has not answered yet; Err says so, too.
	Pending bool
	// Skipped, unless it is zero, is after what time without an answer unions have
	// begun to skip this name, which is Pending; until then they wait for it
	// (Config.UnionWait).
	Skipped time.Duration
	// Namer is where the namer that answered here is mounted, "/" if none
	// was asked, and Answered is since when it has been giving that answer.
	Namer    Path
	Answered time.Time
	// Source is what the namer says of where it has its answer from, see the
	// method Describe of a [Namer].
	Source string
	// Asked are the replies of the namers that were asked for Path, in order. All
	// but the last said that there is no such name. None: nobody serves Path.
	Asked []Reply

	// Result is what this step leads to: a tree without Alt, not known yet, or a
	// failure. At the root it is exactly what Bind makes of the same answers. Below
	// it is what this part leads to by itself, which a transformer can make
	// something else of.
	Result State[NameTree[*Bound]]

	// Truncated says, at the root, that steps were left out because there are too
	// many. As an explanation expands all alternates, Bind may still manage such a
	// name.
	Truncated bool
	// Base is the interpreter's own dtab, at the root. Rules that are not in the
	// dtab that it was given point into it.
	Base Dtab
	// LeftOut are the entries of a request's own that have no part in this, at
	// the root; see [Overrider].
	LeftOut []LeftOut
}

// Reply is what a namer said.
type Reply struct {
	Namer  Path // where it is mounted
	Status Status
	Op     Op        // of the answer, if Status is OK
	Err    error     // if Status is Failed; of Pending what has gone wrong so far, if anything has
	Since  time.Time // since when it has been saying so, or when it was asked
	Source string    // see Describe of a [Namer]
}
