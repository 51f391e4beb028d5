package router

// The kinds of errors that have no name for others.
const (
	UnsupportedScheme = unsupportedScheme
	Looped            = looped
	StageFailed       = stageFailed
)
