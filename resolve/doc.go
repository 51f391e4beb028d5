// Package resolve says what names mean now.
//
// A name is a [Path], such as /svc/hello. A [Dtab] rewrites names, and a
// [Namer] answers what a rewritten name stands for: more names, or a [Bound],
// which is a replica set with an identity. An [Interpreter] follows a name
// through the dtab and the namers until only replica sets are left, and hands
// the outcome out as an [Activity]: a value that changes for as long as
// somebody observes it. A request only samples that value, which is one atomic
// load.
//
// # Words
//
//   - Dst: a name together with the dtab it is to be read with.
//   - Bound: a replica set. Two Bounds with the same ID are the same set.
//   - Address: one replica as data. What keeps a connection to it is called an
//     endpoint and lives in another package.
//   - Neg: no such name; the next alternate is tried.
//   - Empty: the name exists and nobody is home; no alternate is tried.
//   - Fail: stop here; no alternate is tried.
//   - Residual: what is left of a name after the part that a namer consumed.
//
// # Rules
//
// The grammar of paths and dtabs and the rules of delegation are those of
// Finagle's names as Linkerd 1.x used them (NameTreeParsers.scala, Path.scala,
// DtabBase.scala, Namer.scala, DefaultInterpreterInitializer.scala). They
// differ in four points: a weight prints as the shortest decimal that is
// exactly that number, an unknown name below /$ is an error that lists the
// known ones, the work spent on one name is bounded, and a union waits for its
// branches.
//
// In Finagle a union is at once what is known of it, and a branch that does not
// exist makes it known. Its namers have mostly answered by then. Ours answer a
// moment later, and the first request for a name would go where only one in a
// hundred are to go, or to the alternate of a name that exists. So a union is
// pending while a branch is, for Config.UnionWait from when that branch's namer
// was first asked; see [DefaultInterpreter.Bind].
//
// # Limits
//
// Names come from strangers. Parsers refuse text longer than [MaxTextLen] (a
// dtab: [MaxDtabTextLen] and [MaxDentries]) and groups nested deeper than
// [MaxNesting]. A name is not followed further than Config.MaxDepth steps, and
// one evaluation does not take more than Config.MaxSteps.
package resolve
