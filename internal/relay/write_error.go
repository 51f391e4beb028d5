package relay

// A WriteError is the error of the writer to which the body of a response was
// written, as opposed to an error of the response.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "writing a response: " + e.Err.Error() }

// Unwrap is the writer's error.
func (e *WriteError) Unwrap() error { return e.Err }
