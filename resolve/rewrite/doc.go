// Package rewrite has the namers that answer names with other names, which are then
// looked up.
//
//	n, err := rewrite.New(rewrite.Config{Pattern: "/{service}/api", Name: "/srv/{service}"})
//
// is of the kind io.l5d.rewrite: it has a pattern. [Utilities] are those that Linkerd has
// below /$/ (http.scala, hostport.scala), such as "io.buoyant.http.anyMethodPfx". They
// move and drop labels, which the prefix of a dentry cannot. One whose name ends in Pfx
// keeps the first label of a name: it is the prefix below which the rest is looked up.
//
// A name that does not have the form that a namer expects is Neg, even where Linkerd
// fails: for a host without a name before its port, or with an empty label between its
// dots.
package rewrite
