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
//	trace/otlp       export by OTLP/HTTP, to the OpenTelemetry Collector, Jaeger and Tempo
//	trace/tracetest  a recorder and span-tree assertions
//	router           a request to an endpoint: an http.RoundTripper made of stages
//	router/ingress   the identifier that follows the Ingresses of Kubernetes
//	router/stagetest whether a stage of a program's own keeps the contract
//	router/balance   which endpoint, and which are dead; balancetest
//	router/h1        the HTTP/1.1 client towards one endpoint
//	proxy            the server side: an http.Handler
//	proxy/serve      a server that can be drained, for any http.Handler
//	proxy/h1         the HTTP/1.1 server on its connections
//	proxy/config     Linkerd's YAML, turned into the same Config structs that a program fills in
//	proxy/admin      ping, metrics, delegator
//	proxy/app        the binary as a library call
//	proxy/proxytest  one piece of YAML is a running proxy in a test
//	proxy/routetest  table tests of where requests go, without sockets
//	internal/...     what packages share and no user needs: wire (header names and what is in them), lint (what is wrong with a dtab), certs (certificates in
//	                 files), handshake (why TLS failed), h2client (the HTTP/2 client towards one endpoint), inbound and
//	                 relay (what goes down with a request), hopspan, histogram (how long requests take), traffic (what servers
//	                 and clients tell of their connections), explain, routerview (what a router shows to these packages),
//	                 collector (an in-memory Zipkin-compatible store with its API and pages), hostcheck and others
//	cmd/meshhop      the binary: a few lines
//	examples         programs that are also tests
//
// # The journey of a request
//
// Control goes down from file to file, and comes back with the response, or with the
// error that says why there is none. Package router is a stack of stages; one exchange
// goes through them:
//
//	proxy/handler.go           ServeHTTP        a request arrives
//	proxy/inbound.go           inbound          its l5d headers become context; the server span starts
//	router/roundtrip.go        RoundTrip        the router
//	router/counting.go         counting           counts it
//	router/receive.go          receive            copies what it may not change
//	router/serverspan.go       serverSpan         records in the server span why it fails
//	router/identify.go         identify           gives it a name: /svc/hello
//	router/counting.go         counting         the service of that name counts it
//	router/latency.go          latency            records how long it took
//	router/deadline.go         deadline           says by when the response must begin
//	router/retry.go            retry              tries again what the classifier says, within a budget
//	router/bind.go             bind               finds what the name means now: a replica set
//	router/requeue.go          requeue          the client of that set tries again what no endpoint has seen
//	router/pick.go             pick               chooses an endpoint (router/balance)
//	router/attempts.go         attempts         the endpoint counts the attempt
//	router/clientspan.go       clientSpan         records it in a client span
//	router/accrual.go          accrual            tells failure accrual what became of it
//	router/classify.go         classify           asks the classifier what the response counts as
//	router/diagnose.go         diagnose           says where a TRACE goes
//	router/attemptdeadline.go  attemptDeadline    cancels it when its time is up
//	router/header.go           header             writes the context headers
//	router/send.go             send               calls the transport (router/h1), and says what became of it
//	proxy/respond.go           respond          the response, or
//	proxy/refuse.go            refuse           why there is none
//
// What became of the request is said once, by send. It goes up through the same stages
// (done) when the body of the response has ended.
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
