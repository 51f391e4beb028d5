package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
)

// maxEvent bounds one line of a watch, which holds one object.
const maxEvent = 8 << 20

// keepBuffer is up to which size the buffer for lines is used again.
const keepBuffer = 16 << 10

// readLine reads a line of a watch into buf, without its end. A last line that
// was cut is not given.
func readLine(r *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(buf)+len(part) > maxEvent {
			return buf, errRelist{fmt.Errorf("an event of more than %d MiB", maxEvent>>20)}
		}
		buf = append(buf, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return buf[:0], err
		default:
			return buf[:len(buf)-1], nil
		}
	}
}

// action is what an event does.
type action uint8

const (
	nothing action = iota // of a type that is not known
	added
	modified
	deleted
	bookmark
	nameless // of an object without a name
	actions
)

// String is a label of metrics.
func (a action) String() string {
	return [actions]string{"unknown", "added", "modified", "deleted", "bookmark", "unknown"}[a]
}

// event is one line of a watch.
type event[T Object] struct {
	action  action
	object  T
	bytes   int // of the object as JSON
	version string
}

// parseEvent reads a line. An event that is an error is a [StatusError]; any
// other error says that the line is not an event.
func parseEvent[T Object](line []byte) (event[T], error) {
	var raw struct {
		Type   string          `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	var e event[T]
	if err := json.Unmarshal(line, &raw); err != nil {
		return e, fmt.Errorf("an event that is not JSON: %w", err)
	}
	switch raw.Type {
	case "ADDED":
		e.action = added
	case "MODIFIED":
		e.action = modified
	case "DELETED":
		e.action = deleted
	case "BOOKMARK":
		e.action = bookmark
		var object struct {
			Metadata Meta `json:"metadata"`
		}
		if err := json.Unmarshal(raw.Object, &object); err != nil {
			return e, fmt.Errorf("an event BOOKMARK: %w", err)
		}
		e.version = object.Metadata.ResourceVersion
		return e, nil
	case "ERROR":
		var object statusObject
		if err := json.Unmarshal(raw.Object, &object); err != nil {
			return e, fmt.Errorf("an event ERROR: %w", err)
		}
		return e, object.err()
	default:
		return e, nil
	}
	if err := json.Unmarshal(raw.Object, &e.object); err != nil {
		return e, fmt.Errorf("an event %s: %w", raw.Type, err)
	}
	e.bytes = len(raw.Object)
	meta := metaOf(e.object)
	if e.version = meta.ResourceVersion; meta.Name == "" {
		e.action = nameless
	}
	return e, nil
}
