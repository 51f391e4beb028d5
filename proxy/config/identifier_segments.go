package config

import (
	"math"
	"strings"

	"github.com/meshhop/meshhop/router"
)

// headerPathIdentifier is io.l5d.header.path, which Linkerd has for h2 alone.
func headerPathIdentifier(d *Decoder) (Part[router.Identifier], error) {
	segments := 0 // all
	if d.Has("segments") {
		segments = d.Int("segments", 1, 1, math.MaxInt32)
	}
	return Ready(router.HeaderSegments(strings.ToLower(fieldName(d, "header", ":path")), segments)), nil
}
