package router

import (
	"hash/maphash"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
)

// names remembers the whole names of requests that are named by one header, by its value, so
// that a name which comes again needs no new text. It has one place for each hash: values of
// strangers push each other out.
type names struct {
	seed   maphash.Seed
	places [1 << 10]atomic.Pointer[named]
}

// named is immutable.
type named struct {
	value string // of the header
	name  resolve.Path
}

// maxNamed is how long a value may be that is remembered.
const maxNamed = 256

// place is where a value is, if it is anywhere.
func (n *names) place(value string) *atomic.Pointer[named] {
	return &n.places[maphash.String(n.seed, value)%uint64(len(n.places))]
}

// nameOf is the whole name of a request.
func (r *Router) nameOf(in *http.Request) (resolve.Path, error) {
	header, ok := r.config.Identifier.(headerToken)
	if !ok {
		return r.named(r.config.Identifier.Identify(in))
	}
	value := headerValue(in, string(header))
	place := r.names.place(value)
	if known := place.Load(); known != nil && known.value == value {
		return known.name, nil
	}
	name, err := r.named(header.Identify(in))
	if err == nil && len(value) <= maxNamed {
		place.Store(&named{strings.Clone(value), name}) // the value is a part of a whole head
	}
	return name, err
}
