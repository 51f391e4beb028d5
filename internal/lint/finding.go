package lint

// Finding is one thing that is wrong with a dtab that can be read.
type Finding struct {
	// Kind is one of [Kinds].
	Kind string
	// Error says that requests must fail as the dtab is written. Otherwise the
	// finding is a warning: something in the dtab has no effect, or another one
	// than it seems to have.
	Error bool
	// Pos is where it stands, as a byte offset in the text.
	Pos int
	// Problem says what is wrong, and Advice what to write instead.
	Problem, Advice string
	// Other is the offset of the later entry that Problem mentions, -1 if it
	// mentions none.
	Other int
}

const (
	kindLoop        = "loop"          // a name is rewritten for ever
	kindZeroWeight  = "zero-weight"   // no branch of a union has a weight
	kindLoneWeight  = "lone-weight"   // a weight with nothing beside it
	kindShadowed    = "shadowed"      // an entry is never used, because of a later one with its prefix
	kindSwallowed   = "swallowed"     // ... with a wider prefix
	kindUnreached   = "unreached"     // an alternate is never tried
	kindUnreachable = "unreachable"   // no name leads to an entry
	kindNoRoute     = "no-route"      // no name of a request leads to any entry
	kindNoNamer     = "no-namer"      // a name below /#/ that no namer serves
	kindUnknownName = "unknown-name"  // a name that no entry and no namer matches
	kindPlain       = "plain-traffic" // package proxy/config finds it: a client's TLS is for no name
	kindNotChecked  = "not-checked"   // the dtab takes too much work
)

// Kinds gives the kinds of findings:
//
//   - loop: a name is rewritten for ever.
//   - zero-weight: no branch of a union has a weight.
//   - lone-weight: a weight has no effect, as there is no other branch.
//   - shadowed, swallowed: an entry is never used, because of a later one with the
//     same prefix or with a wider one.
//   - unreached: an alternate is never tried.
//   - unreachable: no name leads to an entry.
//   - no-route: no name of a request leads to any entry.
//   - no-namer: no namer serves a name below /#/.
//   - unknown-name: neither an entry nor a namer matches a name.
//   - plain-traffic: a client block with tls matches nothing that the dtab leads to.
//     Package proxy/config finds it.
//   - not-checked: the dtab takes too much work, or has more than 100 findings.
func Kinds() []string {
	return []string{kindLoop, kindZeroWeight, kindLoneWeight, kindShadowed, kindSwallowed, kindUnreached, kindUnreachable,
		kindNoRoute, kindNoNamer, kindUnknownName, kindPlain, kindNotChecked}
}
