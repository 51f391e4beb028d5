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

// Kind says what a node of a [Delegation] is.
type Kind string

// The kinds, as /delegator.json names them.
const (
	KindDelegate       Kind = "delegate"       // Path was rewritten: see Delegate
	KindAlt            Kind = "alt"            // see Branches
	KindUnion          Kind = "union"          // see Branches and their Weight
	KindLeaf           Kind = "leaf"           // see Bound
	KindTransformation Kind = "transformation" // Bound or Branches as it was before, Delegate as it is after
	KindNeg            Kind = "neg"
	KindEmpty          Kind = "empty"
	KindFail           Kind = "fail"
	KindException      Kind = "exception" // see Err
)

// Delegation is the explanation of one name: a tree of what was tried.
//
// Where rules match a name, its node is a KindDelegate with the tree of the one
// rule, or a KindAlt with a branch for each, the last rule first. The tree of a
// rule has nodes of the same Path for its alternates and unions, and below them
// a node for each name that it leads to. Where no rule matches, or the only one
// says Neg, the node holds what the namers said, see Asked.
type Delegation struct {
	Kind Kind
	// Path is the name that this node is about.
	Path Path
	// Dentry is the rule that led here, nil at the root. It points into the
	// dtab that the name was looked up in.
	Dentry *Dentry
	// Explicit says that a Neg was written in a rule or an answer, rather
	// than being the absence of an answer.
	Explicit bool
	// Weight is this node's share as a branch of a union.
	Weight   float64
	Branches []*Delegation
	Delegate *Delegation
	Bound    *BoundState
	// Transformer names what changed Bound.
	Transformer string
	Err         error
	// Pending says that the namer has not answered yet; Kind is then
	// KindException.
	Pending bool
	// PassedOver, unless it is zero, is after what time without an answer
	// unions have begun to pass over this name, which is Pending; until then
	// they wait for it (Config.UnionWait).
	PassedOver time.Duration
	// Namer is where the namer that answered here is mounted, "/" if none
	// was asked, and Answered is how long it has been giving that answer.
	Namer    Path
	Answered time.Time
	// Source is what the namer says of where it has its answer from, see
	// [Describer].
	Source string
	// Asked are the namers that were asked for Path, in order. All but the
	// last said that there is no such name. None: nobody serves Path.
	Asked []Answer

	// Base is the interpreter's own dtab, at the root. Rules that are not in the
	// dtab that it was given point into it.
	Base Dtab
	// LeftOut are the entries of a request's own that have no part in this, at
	// the root; see [Overrider].
	LeftOut []LeftOut

	// At the root.
	truncated bool
	result    *State[NameTree[*BoundState]]
}

// Answer is what a namer said.
type Answer struct {
	Namer  Path // where it is mounted
	Status Status
	Op     Op        // of the answer, if Status is OK
	Err    error     // if Status is Failed; of Pending what has gone wrong so far, if anything has
	Since  time.Time // for how long it has been saying so, or has been asked
	Source string    // see [Describer]
}

// BoundState is a replica set as it was at one moment.
type BoundState struct {
	ID       Path
	Residual Path
	Override *Dentry // see [Bound]; in a [Delegation.Result] at the root only
	Replicas State[Replicas]
}
