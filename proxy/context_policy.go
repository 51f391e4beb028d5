package proxy

import (
	"maps"
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// contextPolicy is which context headers a server does not take from its clients.
type contextPolicy uint8

const (
	keepContext contextPolicy = iota // it takes all
	dropMesh                         // it takes none of the mesh's
	dropContext                      // nor trace contexts of other formats
)

// policy returns what Config says of the context of clients.
func (c *Config) policy() contextPolicy {
	switch {
	case !c.ClearContext:
		return keepContext
	case c.TrustTraceContext:
		return dropMesh
	}
	return dropContext
}

// drops reports whether the header of this name is not sent on.
func (p contextPolicy) drops(name string) bool {
	return p >= dropMesh && wire.IsMesh(name) || p == dropContext && wire.IsForeignTrace(name)
}

// filter returns the header without what is not sent on. A request is not identified
// by those headers either.
func (p contextPolicy) filter(h http.Header) http.Header {
	if p == keepContext {
		return h
	}
	for name := range h {
		if p.drops(name) {
			h = h.Clone()
			maps.DeleteFunc(h, func(name string, _ []string) bool { return p.drops(name) })
			break
		}
	}
	return h
}
