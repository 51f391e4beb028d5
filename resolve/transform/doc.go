// Package transform holds transformers: they change the replica sets that
// names are bound to, and mark every ID that they touched with a prefix.
//
// Transformers are stacked in the order of the configuration, and the prefix
// of the last one stands first: port after localhost gives
// /%/io.l5d.port/4141/%/io.l5d.localhost/#/io.l5d.fs/x
// (NameTreeTransformer.scala).
package transform
