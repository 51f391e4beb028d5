package resolve

import (
	"net/netip"
	"strconv"
)

// Address is one replica as data. Addresses are comparable with ==.
type Address struct {
	AddrPort netip.AddrPort
	// Status, if set, is an HTTP status that stands for the replica: a router
	// answers with it at once, with an empty body. Nothing listens anywhere, and
	// AddrPort is not valid.
	Status int
	// Host is the host as it was written, "" if only an IP is known.
	Host string
	// Weight is the share of this address in its set; 1 is normal.
	Weight float64
	// Authority, if set, is the Host header that this replica expects.
	Authority string
	// NodeName, if set, names the machine that the replica runs on.
	NodeName string
}

// String gives "ip:port", or "status 401" for a replica that is a status.
func (a Address) String() string {
	if a.Status != 0 {
		return "status " + strconv.Itoa(a.Status)
	}
	return a.AddrPort.String()
}

// Replicas is what a Bound resolves to. It is never changed once published.
type Replicas struct {
	Addresses []Address
	// Neg says that the set itself does not exist, as for an unknown host.
	// Addresses is then empty.
	Neg bool
	// Unresolved says which hosts have no addresses, and why, as in "app01: no such
	// host; app02: no such host". It is for people; clients see it too.
	Unresolved string
}

// Bound is a replica set. Two Bounds with the same ID are the same set; if their Addr
// differ, the one published last counts.
type Bound struct {
	// ID is where the set was found. A namer gives it relative to the place
	// it is mounted at; an interpreter gives it in full.
	ID Path
	// Addr are the current replicas. It runs while it is observed. A Failed state
	// does not clear the set: its users keep the last good addresses.
	Addr *Activity[Replicas]
	// Residual is what the namer did not consume of the name.
	Residual Path
	// Override is the entry of a request's own dtab that led here, if the set is as
	// its namer answered it, unchanged by transformers. Only an [Overrider] sets it.
	Override *Dentry
}

// Name is what a namer answers in its leaves: a replica set, or another name
// to look up. Bound is nil in the second case.
type Name struct {
	Bound *Bound
	Path  Path
}

// Namer says what names mean. Lookup gets the name without the prefix that the namer
// is mounted at and returns at once; what takes time happens inside the activity, while
// it is observed. Calls may be concurrent.
//
// Answers follow these rules, which resolvetest.TestNamer checks: a name that
// does not exist is Neg and not an error; Bound.ID is relative to the mount;
// looking up a Bound's ID again gives a Bound with the same ID; ID and
// Residual together are the name that was looked up, unless the namer rewrites
// names.
//
// A namer that can say where an answer is from also has a method
//
//	Describe(p Path) string
//
// It says that, and how old the answer is there, in words for people, such as "endpoints
// of default/web, read 2s ago through localhost:8001". It says what is known now, "" if
// nothing is, and does not wait. Clients see this text.
type Namer interface {
	Lookup(p Path) *Activity[NameTree[Name]]
}

// Interpreter says what a name means under a dtab. The dtab is the whole one:
// the router's own followed by the request's. The result holds no Alt.
type Interpreter interface {
	Bind(d Dtab, p Path) *Activity[NameTree[*Bound]]
}

// Transformer changes what names are bound to, for example the port of every
// address. It prepends a prefix of its own to every ID that it touches.
//
// A transformer that looks names up itself also has a method
//
//	TransformNames(names Interpreter, t *Activity[NameTree[*Bound]]) *Activity[NameTree[*Bound]]
//
// which is called in place of Transform where the transformer is configured, in a
// [Config] or a [Mount]. Its names are those of that interpreter, with all its namers
// and utilities, as they answer anybody, and without the interpreter's own
// transformers. There is no dtab but the one that the transformer binds with.
type Transformer interface {
	Transform(t *Activity[NameTree[*Bound]]) *Activity[NameTree[*Bound]]
}
