// Package meshhop is the Linkerd 1.x mesh hop, with Zipkin tracing, as Go
// libraries and one thin binary. This package holds no code; it describes how the
// others fit together.
//
// A request is identified by a name. In the background names are kept bound to trees
// of replica sets, and each replica set is kept as a set of endpoints with a
// picker. The request only samples: identify, look up, pick, send. Everything
// that changes is an Activity; everything that a request reads is immutable.
//
// # Packages
//
//	ctxhdr           the l5d-* headers on the wire; middleware that carries l5d-ctx-* through a service
//	resolve          names and what they mean now: Path, NameTree, Dtab, Activity, Namer, Interpreter
//	resolve/...      namers (k8s, fs, inet, dnssrv, rewrite, status), all names below /$/ (utilities), transformers, and resolvetest, the fake namer
//	trace            spans on the OpenTelemetry API: ids, sampler, propagators, the span pipeline
//	trace/zipkin     Zipkin v2 export; zipkin/stock does it with OpenTelemetry's exporter
//	trace/collector  an in-memory Zipkin-compatible store with its API and pages
//	trace/tracetest  a recorder and span-tree assertions
//	router           a request to a replica: an http.RoundTripper
//	router/balance   which replica, and which are dead; balancetest
//	router/h1        the HTTP/1.1 client towards one replica
//	proxy            the server side: an http.Handler
//	proxy/config     Linkerd's YAML, turned into the same Config structs that a program fills in
//	proxy/admin      ping, metrics, delegator
//	proxy/proxytest  one piece of YAML is a running proxy in a test
//	proxy/routetest  table tests of where requests go, without sockets
//	internal/...     what packages share: hostcheck keeps pages of other sites from the admin server and the
//	                 collector; explain says how a name or a request is routed and why
//	cmd/meshhop      the binary
//	examples         programs that are also tests
//
// # The journey of a request
//
// Eight steps, each in one file; control only goes down:
//
//	1 proxy/handler.go       ServeHTTP   a request arrives
//	2 proxy/inbound.go       inbound     its l5d headers become context; the server span starts
//	3 router/identify.go     identify    it gets a name: /svc/hello
//	4 router/service.go      roundTrip   it is tried, and tried again, within a budget and a deadline
//	5 router/binding.go      client      it finds what the name means now: a replica set
//	6 router/balance/p2c.go  Pick        and in it an endpoint
//	7 router/dispatch.go     dispatch    and is sent there, with context headers and a client span
//	8 proxy/respond.go       respond     the response, or (refuse.go) why there is none
//
// The other path runs in the background: a namer sets its Activity, the binding is
// evaluated again and published, and the next request samples it.
//
// # Glossary
//
//   - Dst: a name together with the request's own dtab.
//   - Bound: a replica set, known by its id.
//   - Address: a replica as data. Endpoint: the replica with its load, health and client.
//   - Service: what a request names. Client: how a Bound is reached.
//   - Attempt: one send of a request.
//   - Neg: no such name. Empty: it exists but has no addresses. Fail: the look-up ends.
//   - Residual: the rest of a name that a namer did not consume.
//   - Hop: this process, as one station of a request's way through the mesh.
package meshhop
