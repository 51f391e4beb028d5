package explain

// A Report says how a hop routes a name or a request. It is the output of meshhop explain
// -json and of /explain.json; fields that do not apply are absent. Later versions may add
// fields, and do not change these.
type Report struct {
	// Router is the router's label, Server the name of the server that the
	// request came in at, such as 127.0.0.1/4140.
	Router string `json:"router"`
	Server string `json:"server,omitempty"`
	// Live says that this is the state of a running hop, and not of a hop that a
	// configuration would make.
	Live bool `json:"live"`
	// Request is what was asked about; absent for a name.
	Request *Request `json:"request,omitempty"`

	// Dtab is what the name is looked up in, in its order; a later entry is
	// tried first.
	Dtab []Entry `json:"dtab,omitempty"`
	// DtabIgnored says that the request has a dtab of its own, and that the server
	// ignores those of strangers.
	DtabIgnored bool `json:"dtabIgnored,omitempty"`
	// DtabIgnoredBy is the key of the server that does that: clearContext or
	// overrides.
	DtabIgnoredBy string `json:"dtabIgnoredBy,omitempty"`
	// LeftOut are the entries of the request's dtab that are ignored because they lead
	// where the server's overrides may not.
	LeftOut []LeftOut `json:"leftOut,omitempty"`

	// Identified are the results of the identifiers that were asked, in order. The last
	// one named the request, or none did.
	Identified []Identified `json:"identified,omitempty"`
	// Name is the request's name.
	Name string `json:"name,omitempty"`
	// Lookup is how the name is looked up. Absent if there is no name, or if the
	// router's interpreter does not explain its look-ups.
	Lookup *Node `json:"lookup,omitempty"`
	// Incomplete is why Lookup is not complete.
	Incomplete string `json:"incomplete,omitempty"`

	// Cached says that the router keeps the name bound. Targets is then what requests
	// get, even if Lookup is newer.
	Cached bool `json:"cached"`
	// Targets is where requests go.
	Targets []Target `json:"targets,omitempty"`
	// Sent is the share of requests that is sent, from 0 to 1.
	Sent float64 `json:"sent"`
	// Refusal is the response to a request that is not sent: that of the first such
	// target, if targets differ.
	Refusal *Refusal `json:"refusal,omitempty"`
	// Why says in words why a request is not sent: where the look-up of its name ends.
	Why []string `json:"why,omitempty"`
}

// Request is a request as it came to the hop.
type Request struct {
	Method  string `json:"method"`
	Target  string `json:"target"`
	Version string `json:"version"`
	Host    string `json:"host"`
	// SentAs is the target that the upstream gets, if an identifier changes it.
	SentAs string `json:"sentAs,omitempty"`
}

// Entry is an entry of a dtab.
type Entry struct {
	// Text is the entry: /svc => /host.
	Text string `json:"text"`
	// From says whose dtab it is in: "base" for the router's own, "request",
	// or "interpreter" for that of the router's interpreter, such as the file of
	// an io.l5d.fs, which stands before the others.
	From string `json:"from"`
	// Number is its position in that dtab, from 1; absent if it is not known.
	Number int `json:"number,omitempty"`
	// Place is where it is in the configuration: linkerd.yaml:12:5.
	Place string `json:"place,omitempty"`
}

// LeftOut is an entry that has no part in a look-up.
type LeftOut struct {
	Entry Entry `json:"entry"`
	// LeadsTo is the id of the replica set that it may not lead to.
	LeadsTo string `json:"leadsTo"`
}

// The dtabs that an [Entry] is from.
const (
	FromBase        = "base"
	FromRequest     = "request"
	FromInterpreter = "interpreter"
)

// Identified is the result of an identifier.
type Identified struct {
	// Identifier is its kind and its settings: io.l5d.path 2.
	Identifier string `json:"identifier"`
	// Name is without the router's dstPrefix.
	Name string `json:"name,omitempty"`
	// Reason is why it gave no name. Declined says that the next one of the list was
	// asked then.
	Reason   string `json:"reason,omitempty"`
	Declined bool   `json:"declined,omitempty"`
}

// A Node is a name that is looked up, or a part of what the name leads to.
type Node struct {
	Kind Kind `json:"kind"`
	// Name is the name of a name, and the text of the other kinds that have
	// one.
	Name string `json:"name,omitempty"`
	// Rule is the dtab entry that this is the right side of, with the rest of
	// the name appended. It is there on the branches of a name.
	Rule *Entry `json:"rule,omitempty"`
	// Weight is that of a branch of a union, as written.
	Weight *float64 `json:"weight,omitempty"`
	// Outcome is what becomes of a branch; absent where it is the only one.
	Outcome Outcome `json:"fate,omitempty"`
	// Result is what it leads to, and Why says in words why that is not a replica set.
	Result Result `json:"result"`
	Why    string `json:"why,omitempty"`
	// Answers are those of the namers that were asked for the name, in order.
	Answers []Answer `json:"answers,omitempty"`
	// Branches are the alternates or the parts of a union; those of a name are
	// its matching rules, the last entry first, and then what a namer says. They
	// are alternates too. Of a transformation the last one is what comes of it.
	Branches []*Node `json:"branches,omitempty"`
	// Replicas is the set that the node stands for: of a transformation the
	// one before it. Where that is none, the transformation has two branches,
	// of which the first is why there is none.
	Replicas *Replicas `json:"replicas,omitempty"`
	// Transformer is what makes the transformation.
	Transformer string `json:"transformer,omitempty"`
}

// Kind is the kind of a [Node].
type Kind string

// The kinds of nodes.
const (
	KindName           Kind = "name"           // Name is looked up
	KindAlternates     Kind = "alternates"     // a | b
	KindUnion          Kind = "union"          // a & b
	KindReplicas       Kind = "replicas"       // a set of replicas
	KindTransformation Kind = "transformation" // the same, changed
	KindNeg            Kind = "neg"            // ~
	KindEmpty          Kind = "empty"          // $
	KindFail           Kind = "fail"           // !
)

// Outcome is what becomes of an alternate or of a branch of a union.
type Outcome string

// The outcomes.
const (
	OutcomeTaken      Outcome = "taken"
	OutcomeSkipped    Outcome = "passed over" // there is no such name; the next alternate is tried
	OutcomeNotReached Outcome = "not reached" // an alternate before it was taken
	OutcomeDropped    Outcome = "dropped"     // of a union: Neg, Fail, or not known
)

// Result is what a name or a part of it leads to.
type Result string

// The results.
const (
	ResultReplicas Result = "replicas" // at least one set of replicas, with or without addresses
	ResultNeg      Result = "neg"      // there is no such name
	ResultEmpty    Result = "empty"    // the name exists and has no replicas
	ResultFail     Result = "fail"     // an entry or a namer says to fail
	ResultError    Result = "error"    // the look-up failed
	ResultPending  Result = "pending"  // a namer has not answered yet
)

// Answer is what a namer said.
type Answer struct {
	// Namer is where it is mounted: /#/io.l5d.fs.
	Namer string `json:"namer"`
	// Said is a [Result], where "replicas" also stands for names to look up.
	Said Result `json:"said"`
	// Error is that of the result "error", and of "pending" what has gone wrong
	// so far, if anything has.
	Error string `json:"error,omitempty"`
	// AgeMs is how old the answer is, or how long there has been none. Reports that are
	// not live have no ages: everything was asked just now.
	AgeMs *int64 `json:"ageMs,omitempty"`
	// Source is what the namer says about the origin of the answer, and its age there.
	Source string `json:"source,omitempty"`
}

// Replicas is a replica set as its namer reports it.
type Replicas struct {
	ID       string `json:"id"`
	Residual string `json:"residual,omitempty"`
	// Addresses are there if State is "ok".
	State     string    `json:"state"` // "ok", "neg" (no such addresses), "pending", "failed"
	Error     string    `json:"error,omitempty"`
	AgeMs     *int64    `json:"ageMs,omitempty"`
	Addresses []Address `json:"addresses,omitempty"`
	// Unresolved says which hosts have no addresses, and why.
	Unresolved string `json:"unresolved,omitempty"`
}

// The states of [Replicas].
const (
	StateOK      = "ok"
	StateNeg     = "neg"
	StatePending = "pending"
	StateFailed  = "failed"
)

// Address is one replica.
type Address struct {
	// Address is ip:port, Host the name that this was written as, if any.
	Address string `json:"address"`
	Host    string `json:"host,omitempty"`
	// Status, if set, is the status with which the hop itself responds; there is no
	// such replica, and Address says so.
	Status int `json:"status,omitempty"`
	// Weight is that within its set.
	Weight float64 `json:"weight"`
	// Share is its share of all requests by weight, from 0 to 1; the balancer shifts
	// it by load. It is set in a [Target] only.
	Share *float64 `json:"share,omitempty"`
	// Authority is the Host header that the replica gets, if it expects one.
	Authority string `json:"authority,omitempty"`
}

// A Target is where a share of the requests goes.
type Target struct {
	// Share is from 0 to 1.
	Share float64 `json:"share"`
	// Replicas is the set that is chosen from; absent where the share leads
	// nowhere.
	Replicas *Replicas `json:"replicas,omitempty"`
	// Client has the counts of the hop's client for the set; absent if there is no
	// client.
	Client *Client `json:"client,omitempty"`
	// Refusal is the response to requests of this share that are not sent, with the
	// first line of the message.
	Refusal *Refusal `json:"refusal,omitempty"`
}

// Client has the counts of the client for a set of replicas.
type Client struct {
	Requests uint64 `json:"requests"`
	Success  uint64 `json:"success"`
	Failures uint64 `json:"failures"`
	Pending  int64  `json:"pending"`
}

// Refusal is the response that a request gets instead of being sent.
type Refusal struct {
	Status int `json:"status"`
	// Message is the body, and the header l5d-err.
	Message string `json:"message"`
	// Hidden says that the client does not get the message (clearContext).
	Hidden bool `json:"hidden,omitempty"`
	// AfterMs is how long the hop waits before it responds; absent if it does not wait.
	AfterMs int64 `json:"afterMs,omitempty"`
}
