package balance

import "time"

// A Change is what the outcome of a request changed about its endpoint. The zero value
// means that nothing changed. A caller may record it where it records the request,
// such as in a span.
type Change struct {
	// Kind is "removed" if the endpoint was alive and was marked dead, "extended" if
	// it was dead, its probe failed and it stays dead, and "revived" if it was dead
	// and is alive. It is empty if nothing changed.
	Kind string
	// For is how long a removed or extended endpoint stays dead before it is probed.
	For time.Duration
}

const (
	removed  = "removed"
	extended = "extended"
	revived  = "revived"
)
