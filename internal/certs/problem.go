package certs

import (
	"errors"
	"io/fs"
)

// A Problem is what is wrong with a file.
type Problem struct {
	Key    string // of the configuration, such as "certPath"
	File   string
	Reason string // half a sentence that follows the name of the file
	Err    error  // the cause, where it says more; may be nil
}

func (p *Problem) Error() string { return p.File + " " + p.Reason }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// unreadable is the problem of a file that cannot be read.
func unreadable(key, file string, err error) *Problem {
	reason := "cannot be read: " + err.Error()
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		reason = "cannot be read: " + cause.Err.Error()
	}
	if errors.Is(err, fs.ErrNotExist) {
		reason = "does not exist"
	}
	return &Problem{key, file, reason, err}
}
