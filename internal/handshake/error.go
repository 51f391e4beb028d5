package handshake

// An Error says why a handshake failed.
type Error struct {
	Name string // that the peer should have; empty: none is known
	Err  error
}

// Error is the cause: "tls: certificate is valid for a, not b".
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
