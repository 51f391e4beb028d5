// Package config makes a running mesh of a Linkerd 1.x configuration file.
//
//	file, err := config.Load("linkerd.yaml", data, config.Builtin())
//	mesh, err := file.Build(config.BuildOptions{})
//
// [Load] is strict. A key that is not known, a value of the wrong type, a
// missing key, a second key of the same name, a port or a label that is used
// twice, and a dtab or path that cannot be read are errors, and so is what
// Linkerd 1.7 has and this package has not: nothing that a file asks for is
// silently left out. All errors come at once, in the order of the file:
//
//	linkerd.yaml:4:3: routers[0].servrs: unknown key (did you mean "servers"?)
//	linkerd.yaml:9:9: namers[0].kind: io.l5d.consul is not supported: Consul answers SRV queries, so io.l5d.dnssrv with its port 8600 in dnsHosts finds the same instances
//
// What is accepted without an effect, or with another one than in Linkerd, is
// in [File.Notices]. [File.Build] makes the parts, and [Mesh.Close] ends them.
//
// Keys, defaults and meanings are those of Linkerd 1.7 (Linker.scala,
// AdminConfig.scala, Router.scala, Server.scala, HttpConfig.scala and the
// initializers of the kinds); what is stricter or different is said here.
//
// # The form of a file
//
// One document of YAML or JSON, at most 1 MiB of UTF-8, 100000 values and 100
// levels; anchors and aliases may be used, merge keys (<<) may not. A key
// without a value is as good as absent. Keys and kinds are case-sensitive.
//
// Numbers are written in plain decimal and may stand in quotes, as "4140",
// which templates like to produce; 4_140, 0x102c and 010 are refused because
// readers of YAML disagree about them. Booleans are true and false, also in
// quotes, and without quotes yes, no, on and off, which Linkerd's YAML 1.1 has
// as well. Text may look like a number. Of names ending in Ms the unit is a
// millisecond, in Secs a second, in KB 1024 bytes; all are whole and, where
// nothing else is said, at least 1.
//
// # Top level
//
//	routers    at least one, see Routers. Required
//	admin      see Admin server
//	namers     see Namers; a later one is tried first
//	telemetry  see Telemeters
//	usage      {orgId, enabled}: no effect, with a notice; nothing is reported
//
// # Admin server
//
//	ip               where it listens. Default 127.0.0.1
//	port             0: any free one. Default 9990
//	shutdownGraceMs  how long the process may take to end. A tenth of it, at
//	                 most 1 s, is set aside for the spans that are queued, and a
//	                 fifth of the rest, at most 1 s, for telling requests that
//	                 did not end, which have a tenth of a second for that in any
//	                 case. Spans have what the requests leave, until none has
//	                 arrived for 3 s. A twentieth of it, at most 1 s, is how
//	                 long an idle connection may still bring a request. 0: no
//	                 time. Default 10000. What a reload finds in the file counts
//	                 for the next shutdown
//	hosts            a list of names, without ports, by which people call the
//	                 admin server, beside localhost and IP addresses; a key
//	                 that Linkerd does not have. Where ip is a loopback address
//	                 a request with any other Host is refused, and elsewhere one
//	                 that would change something: a page of another site can
//	                 send such requests. Default none
//	workerThreads    no effect, with a notice
//
// # Routers
//
//	protocol          http. Required
//	label             name in spans and metrics, unique. Default http
//	dstPrefix         stands before each name. Default /svc
//	dtab              the base dtab. Default empty
//	identifier        one or a list, see Identifiers
//	interpreter       {kind, transformers: see Transformers}, see Interpreters
//	servers           at least one, see Servers. Required
//	client            see Client
//	tracePropagator   {kind}: io.l5d.default (l5d-ctx-trace, the default),
//	                  io.l5d.zipkin (x-b3-traceid and the others) or
//	                  io.meshhop.bridge, see Trace propagators
//	bindingTimeoutMs  how long to wait for a name's meaning. Default 10000.
//	                  For one branch of a union, while another is bound, at
//	                  most 1000
//	bindingCache      paths: names kept bound; clients: replica sets kept
//	                  connected (default 1000 each); idleTtlSecs: for how long
//	                  unused (default 600); trees and bounds are accepted for
//	                  caches that are not needed here
//	maxHeadersKB      bound of a request's header lines. Default 8
//	maxInitialLineKB  bound of the request line. Default 4
//	maxErrResponseKB  bound of an answer that is an error. Default 8; in Linkerd 5120, of the body alone
//	streamingEnabled  only true: every body is streamed
//	compressionLevel  only 0, and with a notice -1: responses are passed on as
//	                  they came, which is so without the key too, where Linkerd
//	                  compresses
//	streamAfterContentLengthKB  no effect: every body is streamed
//	originator        no effect, with a notice: there is no such gauge
//	httpAccessLog     no effect, with a notice: no access log is written yet. The
//	                  same of httpAccessLogRollPolicy, -Append, -RotateCount
//	service           see Service
//	experimental      no effect: http is none
//
// Of Linkerd's other keys socketOptions have no effect, with a notice where they
// ask for something else than Go does; empty lists of announcers and of what
// a server announces, and the admin server's security with everything enabled,
// load because they are so.
//
// A name in a dtab that begins with /$/ must be one of those below, unless the
// dtab itself rewrites it. What else is wrong with a dtab is not refused, as
// Linkerd does not: [File.Lint] tells it.
//
// # Trace propagators
//
// io.l5d.default and io.l5d.zipkin have no keys. io.meshhop.bridge, which
// Linkerd does not have, joins meshes that trace in different formats: l5d
// (l5d-ctx-trace), b3 (x-b3-traceid and the others), b3single (the header b3)
// and w3c (traceparent and tracestate).
//
//	extract  the formats that are read, the first that is there wins. Required
//	inject   the formats that are written. Default: those of extract
//	clear    the formats of which the headers of a request are removed before
//	         that. Default: those of extract and inject. One that is left out
//	         passes as it came, l5d-ctx-trace excepted
//
// # Names below /$
//
//	/$/inet/<host>/<port>             the addresses of host, looked up again
//	                                  every 5 s; /$/inet/<port>: of 127.0.0.1
//	/$/fixedinet/...                  the same, looked up once; Linkerd has no
//	                                  such name
//	/$/io.buoyant.rinet/<port>/<host> as inet, the other way round
//	/$/io.buoyant.http.status/<code>  answers with that status, 200 to 599
//	/$/nil                            exists, and nobody is there
//	/$/fail                           fails
//
// The others become another name, which is looked up in turn. What follows in
// the name stays, and a name that does not fit is Neg:
//
//	/$/io.buoyant.hostportPfx/P/<host>:<port>     /P/<host>/<port>
//	/$/io.buoyant.porthostPfx/P/<host>:<port>     /P/<port>/<host>
//	/$/io.buoyant.http.anyMethod/<METHOD>         /
//	/$/io.buoyant.http.anyHost/<host>             /
//	/$/io.buoyant.http.subdomainOf/D/<x>.D        /<x>; a port is cut off
//	/$/io.buoyant.http.domainToPath/<a.b.c>       /<c>/<b>/<a>
//	/$/io.buoyant.http.anyMethodPfx/P/<METHOD>    /P
//	/$/io.buoyant.http.anyHostPfx/P/<host>        /P
//	/$/io.buoyant.http.subdomainOfPfx/D/P/<x>.D   /P/<x>
//	/$/io.buoyant.http.domainToPathPfx/P/<a.b.c>  /P/<c>/<b>/<a>
//
// # Servers
//
//	ip                     where it listens. Default 127.0.0.1
//	port                   0: any free one. Default 4140
//	clearContext           trust no l5d-* header of a request, nor a trace
//	                       context of another format. Default false
//	trustTraceContext      with clearContext, trust the latter all the same.
//	                       Default false
//	overrides              ours: what the dtabs of requests may do, see
//	                       Overrides. Default true
//	maxConcurrentRequests  more are refused at once. Default no limit
//	maxCallDepth           proxies a request may have passed. Default 64, which
//	                       is 32 services with two hops each; 1000 in Linkerd
//	serverSession          see Connections of clients
//	addForwardedHeader     {by, for}: adds a line of Forwarded (RFC 7239) to what
//	                       is sent on. Each is {kind: requestRandom (the
//	                       default) | connectionRandom | ip | ip:port | router |
//	                       static, label: of static}
//	timestampHeader        the name of a header for the time of arrival, in
//	                       milliseconds since 1970. Default none
//	timeoutMs              how long an answer may take to begin. Default no limit
//
// # Connections of clients
//
// How long a server waits for its clients, in the group serverSession. Linkerd
// has idleTimeMs alone, and by default no limit, which may be written as
// 2147483647 in each of them:
//
//	idleTimeMs      how long a connection is kept without a request, once it had
//	                one. Default 100000: longer than the 90 s for which most
//	                clients in Go keep theirs, so that they are the first to
//	                close
//	headTimeMs      how long the head of a request may take. Default 30000
//	bodyTimeMs      how long nothing of a request's body may come while it is
//	                waited for; then the response is 408. Default 60000
//	responseTimeMs  how long a client may take nothing of a response that is
//	                there. Default 60000
//	maxConnections  how many there are at a time. For one more the one that
//	                has been idle for longest is closed, or else it waits.
//	                Default a quarter of the descriptors that the process may
//	                have (ulimit -n), at least 64
//
// A replica that takes its time is bounded by none of these, nor is a tunnel.
// The admin server has these defaults, too, but for 256 connections. What
// exceeded a limit is counted in meshhop_server_connections_closed_total.
//
// An ip for all interfaces (0.0.0.0, ::) takes its port on each of them. The
// server's spans are named ip/port, as configured.
//
// # Overrides
//
// What requests may do with a dtab of their own (l5d-dtab and l5d-ctx-dtab), at one
// server. In no case does it lead to where the process itself listens, the admin
// server included, unless by way of a transformer: that is 403.
//
//	true   everything else. The default: files of Linkerd run unchanged, and the
//	       dtab is how its users test and stage
//	false  nothing: it is neither read nor sent on. For the edge of a mesh, beside
//	       clearContext, which ends the rest of the context too
//
// or a group of keys:
//
//	allow     a list of beginnings of ids, such as /#; default: all
//	deny      the same: where overrides may not lead, also if allow has it
//	onDenied  drop (the default): an entry that leads where it may not is left out,
//	          here and for the next hops, and the name is looked up without it; or
//	          refuse: 403
//
// One of allow and deny is required. They are held against the id of every replica
// set that an entry helped to find, as its namer writes it (/#/io.l5d.fs/web,
// /$/inet/127.0.0.1/80), without what transformers put before it. What a dtab will
// do at the next hop is for that one to say: what has no use here is sent on.
//
// # Policies by name
//
// The blocks service and client are of one of two kinds:
//
//	io.l5d.global  the keys stand beside kind and are for all names. The default
//	io.l5d.static  configs: a list of such keys, each with a prefix. Whatever
//	               matches a name applies, and of a key that is there twice the
//	               later one
//
// A prefix is a pattern for the beginning of a name, such as /svc/* or
// "/#/*/{service}": "*" is any segment and {x} any text in one. It is matched with
// the service's name (/svc/web) or the replica set's id (/#/io.l5d.fs/web, with
// what transformers put before it).
//
// # Service
//
//	responseClassifier  see Response classifiers
//	totalTimeoutMs      how long an answer may take to begin, with all retries.
//	                    Default no limit
//	retries             budget: see Retry budgets; backoff: see Backoffs (constant
//	                    of 0); and two keys that Linkerd does not have, maxRetries
//	                    (5, 0: none), how often one request is sent again, and
//	                    replayBufferKB (64, 0: nothing), how much of a request's
//	                    body is kept for that
//
// # Response classifiers
//
//	io.l5d.http.nonRetryable5XX         answers from 500 on are failures. The
//	                                    default
//	io.l5d.http.retryableRead5XX        and GET, HEAD, OPTIONS and TRACE are then
//	                                    retried, as after a broken connection and a
//	                                    timeout of the attempt
//	io.l5d.http.retryableIdempotent5XX  PUT and DELETE as well
//	io.l5d.http.retryableAll5XX         POST and PATCH as well
//	io.l5d.http.allSuccessful           every answer is a success
//
// With any of them, a failure whose answer has l5d-retryable: true is retried.
//
// # Retry budgets
//
//	ttlSecs           from 1 to 60: how long a request counts. Default 10
//	minRetriesPerSec  retries that need no request. Default 10
//	percentCanRetry   from 0 to 1000: retries for each request. Default 0.2, which
//	                  is a fifth
//
// Each service and each replica set has a budget of its own.
//
// # Client
//
//	requestAttemptTimeoutMs  how long an answer may take to begin, once a replica
//	                         is chosen. Default no limit
//	requeueBudget     see Retry budgets: how often requests are sent again that no
//	                  replica has seen, or that one refused unread
//	loadBalancer      see Load balancers. Default p2c
//	failureAccrual    see Failure accrual
//	failFast          no effect, with a notice: failureAccrual does it
//	forwardClientCert only false
//	hostConnectionPool, clientSession: see Connections
//
// # Connections
//
// Those of a hop to one endpoint. hostConnectionPool:
//
//	maxSize     how many there are at a time, in use, idle and being made;
//	            one request more waits, first come first served. Default no
//	            limit
//	maxWaiters  how many requests wait; one more is refused (502, with the
//	            reason), though not sent. 0: none waits. Default no limit
//	idleTimeMs  how long one is kept without a request. 0: not at all. Default
//	            that of clientSession, or else 90000, where Linkerd keeps it for
//	            ever
//	minSize     how many of the idle ones idleTimeMs does not close. Default 0
//
// clientSession:
//
//	idleTimeMs  as above, for those of minSize too; the shorter one counts.
//	            Default no limit
//	lifeTimeMs  the age from which one gets no further request. Default no limit
//
// No limit may be written as 2147483647, as maxSize and maxWaiters are in
// Linkerd. A tunnel, such as a WebSocket, has its connection until it ends. The
// hop's own client can do all of this; net/http's (meshhop run -client net/http)
// has no maxWaiters, minSize and lifeTimeMs, and a file that asks for them does
// not run with it.
//
// # Load balancers
//
// All kinds: enableProbation (false), which keeps endpoints that leave a replica
// set for as long as they are alive.
//
//	p2c         maxEffort (5): how often to choose anew if an endpoint is dead.
//	            The default
//	ewma        maxEffort; decayTimeMs (10000): how long a latency is remembered
//	aperture    maxEffort; smoothWindowMs (5000); lowLoad (0.5) and highLoad (2):
//	            the bounds of the requests in flight at each endpoint in use;
//	            minAperture (1): how many endpoints are in use at least
//	heap        no keys
//	roundRobin  maxEffort
//
// # Failure accrual
//
// All kinds: backoff, see Backoffs, for how long an endpoint is dead; the default
// is like jittered from 5 to 300 s, but grows more steadily. Without the key it is
// consecutiveFailures with 5. What a caller is to blame for, such as a deadline of
// its own, is no failure.
//
//	io.l5d.consecutiveFailures  failures, required: so many in a row
//	io.l5d.successRate          successRate, from 0 to 1, and requests, both
//	                            required: a lower rate over so many requests
//	io.l5d.successRateWindowed  successRate, from 0 to 1, and window, both
//	                            required: a lower rate over so many seconds
//	none                        no endpoint is ever marked dead
//
// # Backoffs
//
//	constant  ms (0)
//	jittered  minMs and maxMs, both required: minMs first, then at random up to
//	          three times the wait before, and to maxMs
//
// # Identifiers
//
//	io.l5d.header.token   header (Host): its value, as one segment. The default
//	io.l5d.header         header (l5d-name): its value, which is a path
//	io.l5d.methodAndHost  httpUriInDst (false): with the request's path
//	io.l5d.path           segments (1) of the request's path; consume (false)
//	                      them
//	io.l5d.static         path, required: the same for all
//	io.l5d.ingress        the Ingresses of Kubernetes: the name is
//	                      /<namespace>/<backend's port>/<backend>. namespace
//	                      (all); ingressClassAnnotation (linkerd): those of that
//	                      class, in spec.ingressClassName or in the annotation, and
//	                      those without one, but for requireClass (false);
//	                      ignoreDefaultBackends (false). See Kubernetes for the
//	                      other keys, and [router.NewIngressIdentifier] for which
//	                      rule counts. Until the API server first answers, requests
//	                      wait, at most 10 s
//
// Of a list the first that identifies a request names it.
//
// # Namers
//
// All kinds: prefix, where below /# the namer answers (default the kind's
// name); transformers; experimental, no effect.
//
//	io.l5d.fs       rootDir: a directory of one file per name, with a "host
//	                port" on each line. Relative to the working directory.
//	                Required
//	io.l5d.rewrite  what a name becomes: pattern, for the beginning of the
//	                names that it is for, in which * stands for a label and
//	                {x} captures text; name, the path that they become, with
//	                {x} for what was captured. What follows in the name is
//	                dropped. prefix, pattern and name are required
//	io.l5d.dnssrv   names are those of SRV records in DNS; see package
//	                resolve/dnssrv. dnsHosts: a list of servers, each a host or
//	                host:port (the system's). refreshIntervalSeconds: the
//	                longest time between two look-ups of a name (60), which
//	                else is the TTL, but 5 s at least where this is not less;
//	                Linkerd always asks after this time, by default 5 s
//
//	io.l5d.k8s      the pods of Kubernetes Services: names are
//	                /<namespace>/<port's name or number>/<service>; see package
//	                resolve/k8s. labelSelector: the key of a label, whose value
//	                is one segment more. See Kubernetes for the other keys
//	io.l5d.k8s.ns   the same in one namespace, that of the environment's
//	                envVar (POD_NAMESPACE): names are /<port>/<service>
//	io.l5d.k8s.external  the load balancers of Services; keys and names are those
//	                of io.l5d.k8s. experimental: true is required
//
// # Kubernetes
//
// How a part asks the API server. Parts with the same keys share its watches.
//
//	host, port  of a kubectl proxy. Default localhost, 8001
//
// or one of two that Linkerd does not have:
//
//	inCluster   true: the server that the pod's environment names, with the
//	            pod's service account
//	url         of the server, https://10.0.0.1:6443; caFile: who signs its
//	            certificate (the system's); tokenFile; certFile and keyFile
//
// Tokens and certificates of authorities may be replaced while the hop runs.
//
// # Interpreters
//
//	default    names are looked up in the router's dtab
//	io.l5d.fs  dtabFile, required: a file with a dtab that stands before the
//	           router's and may be changed while the hop runs. It must be
//	           there at the start, relative to the working directory. While it
//	           is missing or cannot be read, names keep what they are bound
//	           to, and new ones fail with the reason
//	io.l5d.k8s.configMap
//	           a dtab in a ConfigMap of Kubernetes, which stands before the
//	           router's and may be changed while the hop runs: name and filename,
//	           its key in data, both required; namespace (default). experimental:
//	           true is required. See Kubernetes for the other keys. Without the
//	           ConfigMap or the key the dtab is empty; what is no dtab leaves the
//	           last one, and until there was one, names wait
//
// # Transformers
//
// They change what names are bound to, in the order of the list, in a router's
// interpreter or in a namer. All kinds: prefix, what below /% is put before
// each bound id; the default is the kind's name, with the port for
// io.l5d.port/<port>. A filter that leaves no address leaves a name that exists
// and has none, so no alternate is tried.
//
//	io.l5d.port          port, required: every address gets it
//	io.l5d.k8s.daemonset puts the pods of a Service, one on each node, in place
//	                     of the addresses on their nodes. namespace, port (name
//	                     or number) and service, all required: the pods.
//	                     hostNetwork (false): true goes by the names of nodes, in
//	                     place of the first 24 bits of IPv4; IPv6 always does.
//	                     The keys of Kubernetes, of which host and port are called
//	                     k8sHost and k8sPort. The default prefix ends in
//	                     /<namespace>/<port>/<service>
//	io.l5d.k8s.localnode keeps addresses of the /24 that $POD_IP is in; with
//	                     hostNetwork (false) those whose node is $NODE_NAME, which
//	                     is also what addresses of IPv6 go by. $POD_IPS has all of
//	                     a pod with both. The default prefix ends in /<where>
//	io.l5d.localhost     keeps this machine's addresses
//	io.l5d.specificHost  host, required: keeps its addresses. A host that is
//	                     a name is looked up once, by [File.Build]
//	io.l5d.replace       path, required: what it is bound to takes the place of
//	                     every replica set
//	io.l5d.const         path, required: what it is bound to takes the place of
//	                     everything, of names that do not exist, too
//
// The path is looked up without any dtab, so it begins with /#/ or /$/, and
// without the interpreter's transformers; those of a namer that it leads to
// apply. A path that leads back to its own transformer fails.
//
// # Telemeters
//
// All kinds: experimental, no effect. A trace that no caller has decided about
// is recorded if any telemeter samples it, and then all telemeters get it; the
// decision goes on to the next hop.
//
// # Zipkin telemeter
//
// Spans go to Zipkin by HTTP, POST /api/v2/spans, or by Scribe, which is all that
// Linkerd knows and what a Zipkin has that runs with COLLECTOR_SCRIBE_ENABLED.
//
//	io.l5d.zipkin   host (localhost), port (9410), sampleRate from 0 to 1
//	                (0.001), transport (auto)
//	io.zipkin.http  host (localhost:9411), hostHeader (zipkin),
//	                compressionEnabled (true unless the host is localhost or
//	                a loopback address), initialSampleRate (0.001)
//
// The key transport, which Linkerd does not have, is one of
//
//	auto    where the port is 9410: by Scribe if that port replies within 2 s
//	        to a call without spans, else by HTTP to 9411 on that host. The
//	        log says once which, and it is looked at again after a failure.
//	        Other ports are HTTP, as with http
//	scribe  by Scribe to the port
//	http    by HTTP to the port, or to 9411 where that is 9410
//
// Both kinds have a key that Linkerd does not have: engine, native (the default) or
// one of [Kinds.ZipkinEngines]. The program meshhop has stock, with which
// OpenTelemetry's own exporter encodes the spans. That exporter is deprecated
// and goes away early in 2027, and the engine with it: leave the key out.
//
// # Trace log
//
//	io.l5d.tracelog  a line for each span, on [BuildOptions].TraceLog.
//	                 sampleRate (1.0) counts only where no other telemeter
//	                 samples, and decides for the next hop too, unlike in
//	                 Linkerd; level (INFO) is written in the line
//
// # Prometheus telemeter
//
//	io.l5d.prometheus  a page of metrics on the admin server: path
//	                   (/admin/metrics/prometheus), prefix of each metric ("")
//
// # Telemeters without effect
//
// io.l5d.recentRequests (sampleRate, required; capacity), io.l5d.influxdb and
// io.l5d.statsd (prefix, hostname, port, gaugeIntervalMs, sampleRate) are read and
// get a notice: they do nothing yet.
//
// # Kinds of one's own
//
// [Builtin] returns a table that the caller may add to before it calls [Load].
// A kind is a function that reads its keys with a [Decoder], which gives it
// the same strictness and the same messages; see the example of [Kinds].
package config
