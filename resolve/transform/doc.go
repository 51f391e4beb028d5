// Package transform holds transformers: they change the replica sets that
// names are bound to, and mark every ID that they touched with a prefix.
//
// Transformers are stacked in the order of the configuration, and the prefix
// of the last one stands first: port after localhost gives
// /%/io.l5d.port/4141/%/io.l5d.localhost/#/io.l5d.fs/x
// (NameTreeTransformer.scala).
//
// Where a filter leaves no address the replica set is Neg, which is not the
// same as no such name: no alternate is tried.
package transform
