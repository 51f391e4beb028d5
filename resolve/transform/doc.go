// Package transform has transformers: they change the replica sets that names are bound
// to, and put a prefix before the ID of each set that they change.
//
//	in, err := resolve.New(resolve.Config{Transformers: []resolve.Transformer{
//		transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141")),
//	}})
//
// Transformers are applied in the order of the configuration, and the prefix of the last
// one stands first: port after localhost gives
// /%/io.l5d.port/4141/%/io.l5d.localhost/#/io.l5d.fs/x
// (NameTreeTransformer.scala).
//
// A filter that leaves no address makes the replica set Neg, which is not the same as no
// such name: no alternate is tried.
package transform
