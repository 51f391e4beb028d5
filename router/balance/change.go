package balance

import "time"

// A Change is what a request's outcome changed about its endpoint: what to say
// about it where the request is told of, such as in its span.
type Change struct {
	Kind ChangeKind
	// For is how long the endpoint will be left alone, if it is dead now.
	For time.Duration
}

// ChangeKind is what changed about an endpoint.
type ChangeKind uint8

const (
	// Unchanged: nothing did.
	Unchanged ChangeKind = iota
	// Removed: it was alive and is dead.
	Removed
	// Extended: it was dead, the probe failed, and it stays dead.
	Extended
	// Revived: it was dead and is alive.
	Revived
)

// String is "unchanged", "removed", "extended" or "revived".
func (k ChangeKind) String() string {
	switch k {
	case Removed:
		return "removed"
	case Extended:
		return "extended"
	case Revived:
		return "revived"
	}
	return "unchanged"
}
