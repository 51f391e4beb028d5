package rewrite

import "strings"

// AnyMethod is io.buoyant.http.anyMethod: /<METHOD>/... becomes /...; a method
// is of the letters A to Z.
func AnyMethod() *Utility { return &Utility{dropFirst(isMethod)} }

// AnyMethodPfx is io.buoyant.http.anyMethodPfx: /P/<METHOD>/... becomes /P/...
func AnyMethodPfx() *Utility { return &Utility{below(dropFirst(isMethod))} }

func isMethod(label string) bool {
	return strings.Trim(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
