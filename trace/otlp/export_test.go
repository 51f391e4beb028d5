package otlp

// What reads the responses of collectors, for fuzzing.
var (
	PartialSuccess = partialSuccess
	StatusText     = statusText
)
