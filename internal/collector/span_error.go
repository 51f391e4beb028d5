package collector

import (
	"errors"
	"fmt"
)

// spanError says which span of a body is invalid, in which field, and why.
type spanError struct {
	index int // from 0
	field string
	err   error
}

func (e *spanError) Error() string {
	if e.field == "" {
		return fmt.Sprintf("span %d of the list: %v", e.index+1, e.err)
	}
	return fmt.Sprintf("span %d of the list, field %s: %v", e.index+1, e.field, e.err)
}

type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }

func fail(field, format string, args ...any) error {
	return &fieldError{field, fmt.Errorf(format, args...)}
}

func atSpan(index int, err error) error {
	var f *fieldError
	if errors.As(err, &f) {
		return &spanError{index, f.field, f.err}
	}
	return &spanError{index, "", err}
}
