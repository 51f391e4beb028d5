// Package rewrite has the namer io.l5d.rewrite, which answers names with other names, which
// are then looked up:
//
//	n, err := rewrite.New(rewrite.Config{Pattern: "/{service}/api", Name: "/srv/{service}"})
//
// A name that does not have the form of the pattern is Neg. Package utilities has the
// namers with built-in rules that Linkerd has below /$/.
package rewrite
