// Package resolve binds names to replica sets and keeps the result up to date.
//
// A name is a [Path], such as /svc/hello. A [Dtab] rewrites names, and a [Namer]
// resolves a rewritten name to more names or to a [Bound], which is a replica set
// with an identity. An [Interpreter] follows a name through the dtab and the namers
// until only replica sets are left, and returns the result as an [Activity]: a value
// that is kept up to date for as long as it is observed. A request only samples that
// value, which is one atomic load.
//
//	in, err := resolve.New(resolve.Config{
//		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.fs"), Namer: files}},
//	})
//	dtab := resolve.MustDtab("/svc => /#/io.l5d.fs")
//	bound := in.Bind(dtab, resolve.MustPath("/svc/hello"))
//	tree, err := bound.Wait(ctx) // or Observe, for as long as the name is of interest
//
// # Words
//
//   - Dst: a name together with the dtab that it is looked up in.
//   - Bound: a replica set. Two Bounds with the same ID are the same set.
//   - Address: one replica as data. What keeps a connection to it is called an
//     endpoint and lives in another package.
//   - Neg: no such name; the next alternate is tried.
//   - Empty: the name exists but has no addresses; no alternate is tried.
//   - Fail: the look-up ends here; no alternate is tried.
//   - Residual: the rest of a name after the part that a namer consumed.
//
// # Rules
//
// The grammar of paths and dtabs and the rules of delegation are those of
// Finagle's names as Linkerd 1.x used them (NameTreeParsers.scala, Path.scala,
// DtabBase.scala, Namer.scala, DefaultInterpreterInitializer.scala). They
// differ in four points: a weight prints as the shortest decimal that is
// exactly that number, an unknown name below /$ is an error that lists the
// known ones, the work spent on one name is bounded, and a union waits for its
// branches (see [DefaultInterpreter.Bind]).
//
// # Limits
//
// Names and dtabs come with requests, so all work on them is bounded. Parsers refuse
// text longer than 64 KiB (a dtab: 1 MiB and 10,000 entries) and groups nested deeper
// than 64. A name is followed for at most Config.MaxDepth rewrites, and
// one evaluation takes at most Config.MaxSteps steps.
package resolve
