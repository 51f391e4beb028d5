package trace

import "fmt"

// Attribute keys of exceptions, the same in Finagle and OpenTelemetry.
const (
	errorKey            = "error"
	exceptionTypeKey    = "exception.type"
	exceptionMessageKey = "exception.message"
	exceptionStackKey   = "exception.stacktrace"
)

func typeName(err error) string { return fmt.Sprintf("%T", err) }
