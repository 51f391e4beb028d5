package proxy

import (
	"maps"
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// strangers says which context a server does not take from its callers.
type strangers uint8

const (
	friends  strangers = iota // it takes all
	traced                    // nothing of the mesh
	untraced                  // nor the trace context of another format
)

func (c *Config) strangers() strangers {
	switch {
	case !c.ClearContext:
		return friends
	case c.TrustTraceContext:
		return traced
	}
	return untraced
}

// bars says whether the header of this name stays behind.
func (s strangers) bars(name string) bool {
	return s >= traced && wire.IsMesh(name) || s == untraced && wire.IsForeignTrace(name)
}

// cleared is a header without what they may not say, by which no request is to
// be named either.
func (s strangers) cleared(h http.Header) http.Header {
	if s == friends {
		return h
	}
	for name := range h {
		if s.bars(name) {
			h = h.Clone()
			maps.DeleteFunc(h, func(name string, _ []string) bool { return s.bars(name) })
			break
		}
	}
	return h
}
