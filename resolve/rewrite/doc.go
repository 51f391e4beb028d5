// Package rewrite holds the namers that answer names with other names: they
// know no replica set, and what they answer is looked up again.
//
// Those of Linkerd's utilities (http.scala, hostport.scala) are mounted as
// resolve.Config.Utilities under their names there, such as
// "io.buoyant.http.anyMethodPfx". They move and drop labels, which the prefix
// of a dentry cannot. One whose name ends in Pfx leaves the first label of a
// name alone: it is the prefix that the rest is to be looked up below.
//
// [New] makes the namer of the kind io.l5d.rewrite, which has a pattern.
//
// A name that does not have the form that a namer is for is Neg, also where
// Linkerd fails: for a host without a name before its port, or with an empty
// label between its dots.
package rewrite
