package router

import (
	"net/http"

	"github.com/meshhop/meshhop/resolve"
)

// Static gives every request the same name (io.l5d.static,
// StaticIdentifier.scala).
func Static(name resolve.Path) Identifier { return static{name} }

type static struct{ name resolve.Path }

func (s static) Identify(*http.Request) (resolve.Path, error) { return s.name, nil }
