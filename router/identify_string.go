package router

import "fmt"

// The names by which explanations call the identifiers are Linkerd's kinds,
// with what they were told.

func (h headerToken) String() string { return "io.l5d.header.token " + string(h) }

func (h headerPath) String() string { return "io.l5d.header " + string(h) }

func (h headerSegments) String() string {
	if h.n == 0 {
		return "io.l5d.header.path " + h.header
	}
	return fmt.Sprintf("io.l5d.header.path %s, %d segments", h.header, h.n)
}

func (m methodAndHost) String() string {
	if m.pathInName {
		return "io.l5d.methodAndHost with the path"
	}
	return "io.l5d.methodAndHost"
}

func (p pathSegments) String() string {
	text := fmt.Sprintf("io.l5d.path %d", p.n)
	if p.consume {
		text += ", consumed"
	}
	return text
}

func (s static) String() string { return "io.l5d.static " + s.name.String() }

// identifierName is what an identifier calls itself, else its type.
func identifierName(i Identifier) string {
	if s, ok := i.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", i)
}
