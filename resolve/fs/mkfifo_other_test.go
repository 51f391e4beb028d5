//go:build !unix

package fs_test

import "errors"

// mkfifo makes a named pipe, where the system has them.
func mkfifo(string) error { return errors.ErrUnsupported }
