package h2wire

import (
	"context"
	"fmt"
)

// A ConnError ends the connection, with GOAWAY and its code.
type ConnError struct {
	Code   Code
	Reason string
}

func (e *ConnError) Error() string { return e.Reason + " (" + e.Code.String() + ")" }

// A StreamError ends one stream, with RST_STREAM and its code.
type StreamError struct {
	Code   Code
	Reason string
}

func (e *StreamError) Error() string { return e.Reason + " (" + e.Code.String() + ")" }

// ConnFails returns a ConnError.
func ConnFails(code Code, format string, args ...any) error {
	return &ConnError{code, fmt.Sprintf(format, args...)}
}

// StreamFails returns a StreamError.
func StreamFails(code Code, format string, args ...any) error {
	return &StreamError{code, fmt.Sprintf(format, args...)}
}

// A ResetError is how a stream ended that was reset. It is the cause of the end of a
// request's context whose client has reset it.
type ResetError struct {
	Code  Code
	Local bool // this side has reset it
}

func (e *ResetError) Error() string {
	if e.Local {
		return "the stream was reset: " + e.Code.String()
	}
	return "the peer has reset the stream: " + e.Code.String()
}

// Is makes the error equal to that of a context whose client has left.
func (e *ResetError) Is(target error) bool { return target == context.Canceled }
