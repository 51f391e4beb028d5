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
type Delegation struct {
	Kind Kind
	// Path is the name that this node is about.
	Path Path
	// Dentry is the rule that led here, nil at the root.
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
	// Namer is where the namer that answered here is mounted, "/" if none
	// was asked, and Answered is how long it has been giving that answer.
	Namer    Path
	Answered time.Time
}

// BoundState is a replica set as it was at one moment.
type BoundState struct {
	ID       Path
	Residual Path
	Replicas State[Replicas]
}
