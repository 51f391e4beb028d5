package router

import (
	"errors"
	"strings"
	"sync/atomic"
)

// causes counts failures by what caused them: the kind of the error, 0 for a response that
// the classifier counts as a failure.
type causes [len(kindNames)]atomic.Uint64

// count counts one, of a request whose error is nil if it has a response.
func (c *causes) count(err error) {
	kind := Kind(0)
	if err != nil {
		kind = RequestFailed
		if own, ok := errors.AsType[*Error](err); ok && int(own.Kind) < len(c) {
			kind = own.Kind
		}
	}
	c[kind].Add(1)
}

// read returns those that occurred, by their names.
func (c *causes) read() map[string]uint64 {
	var all map[string]uint64
	for kind := range c {
		if n := c[kind].Load(); n > 0 {
			add(&all, Kind(kind).cause(), n)
		}
	}
	return all
}

// cause is the kind as the cause of a failure, in metrics.
func (k Kind) cause() string {
	if k == 0 {
		return "status"
	}
	return strings.ReplaceAll(k.String(), " ", "_")
}

func addCauses(to *map[string]uint64, more map[string]uint64) {
	for cause, n := range more {
		add(to, cause, n)
	}
}

// add adds to an entry of a map that may be nil yet.
func add(to *map[string]uint64, key string, n uint64) {
	if *to == nil {
		*to = map[string]uint64{}
	}
	(*to)[key] += n
}
