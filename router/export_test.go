package router

import "reflect"

// The kinds of errors that have no name for others.
const (
	UnsupportedScheme = unsupportedScheme
	Looped            = looped
	StageFailed       = stageFailed
)

// IsOurs is isOurs.
func IsOurs(v any) bool { return isOurs(reflect.ValueOf(v)) }
