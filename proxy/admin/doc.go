// Package admin is the hop's admin server: it shows metrics, the configuration in effect
// and what names are bound to, and ends the process on request. An [Admin] is an
// [http.Handler]; it does not listen. Its method Identifier returns the handler of
// a second server that only says how requests are identified. Its method Retire ends what it does in
// the background: it samples all counters once a second.
//
//	pages, err := admin.New(admin.Config{Routers: routers, Servers: servers})
//	http.ListenAndServe("127.0.0.1:9990", pages)
//
//	path                 method     response
//	/, /admin,           GET        the paths below that exist, one per line, sorted; browsers get the dashboard at /
//	/admin/index.txt
//	/admin/announcer     GET        what is announced: nothing
//	/admin/contention    GET        the goroutines that wait for a lock
//	/admin/lint          GET        what meshhop check says of the configuration in effect, see [Config.Lint]
//	/admin/lint.json     GET        the same in Linkerd's form
//	/admin/metrics.json  GET        Linkerd's tree of metrics; ?q=<path>, ?tree=1, ?pretty=1
//	/admin/ping          any        pong
//	/admin/ready         GET        ready; 503 as soon as the process drains
//	/admin/reload        GET        how often the configuration file was read again, and why it was refused;
//	                                the same of the certificates that it names
//	/admin/registry.json GET        what was built and how it is configured; ?filter=<key>/*/<key>. Linkerd
//	                                shows the environment too, which may hold secrets
//	/admin/server_info   GET        version, build and uptime, as JSON
//	/admin/threads       GET        the stacks of all goroutines
//	/admin/threads.json  GET        the same in Linkerd's form
//	/admin/tracing       GET        whether spans are recorded, see [Config.Tracing]
//	                     POST       ?enable=true or ?disable=true changes that, until the process ends
//	/admin/shutdown      POST       "quitting"; then the process ends, within ?grace=<duration>
//	/bound-names.json    GET        the names that namers have, if they know them; [""] if there are none
//	/client_state.json   GET        the endpoints of the replica sets in use, by their ids
//	/config.json         GET        the configuration in effect
//	/debug/pprof/        GET        the profiles of the process, one per line, each a page below it for
//	                                go tool pprof; the CPU's takes ?seconds= (10, at most 300)
//	/admin/pprof/{profile,heap,contention}
//	                     GET        three of them under Linkerd's names
//	/delegator.json      GET        ?namespace=<router>&path=<name>&dtab=<dtab>: how the name is bound, step by step
//	                     POST       the same, for {"namespace": ..., "dtab": ..., "path": ...}
//	/docs                GET        the description of all keys of a configuration file, see [Config.Docs]
//	/explain             GET        ?name=<name> or ?url=<url>: where it goes and why, as text
//	/explain.json        GET        the same as JSON, see below
//	                     POST       to both: the question as JSON
//	/logging             GET        the level of the process's log; browsers get buttons that change it
//	                     POST       as to /logging.json; then 303 to the page
//	/logging.json        GET        the same as JSON
//	                     POST       logger=root&level=debug, info, warning or error: another one
//	/metrics             GET        counters, for Prometheus
//	/admin/metrics/influxdb
//	                     GET        the same for InfluxDB, see [Config.InfluxDB]
//	/namer_state/...json GET        what the namer at /#/... knows, if it has a state
//	/transformer_state/...json, /identifier_state/<router>/<kind>.json,
//	/<router>/interpreter_state/<kind>.json
//	                     GET        the same for other parts; see [Config.States]
//
// The pages of [Config.Prometheus] show what /metrics shows. HEAD is GET without the
// body; another method gets 405, and another path 404. A page that nothing is configured
// for does not exist, nor does one that [Config].Security hides. /admin/metrics/usage, where
// Linkerd shows what it reports to its vendor, never does. Slashes that follow each
// other in a path are one.
//
// # Dashboard
//
// These pages are for people. They are whole without a script; with it they are live. Each
// has ?format=json with all rows of its tables, which can be filtered (<table>.q), sorted
// (<table>.sort, the largest first after a -) and have 100 rows (<table>.page).
//
//	/                    all routers, and what is wrong now
//	/router              ?router=<label>: its services, clients and servers
//	/services            the services of all routers
//	/service             ?router=&service=<name>: its slowest requests of late with their traces, the clients that
//	                     it goes to, retries by reason
//	/client              ?router=&client=<id>: each endpoint with its state, balancer and failure accrual
//	/requests            the last 1000 requests to the servers, and the last 200 that failed, by router, server,
//	                     service, client, endpoint, status (503, 5xx, failed), slower (in ms), text and trace
//	/delegator           where a name leads, with the router's dtab and with one that is tried out; nothing changes
//	                     for requests
//	/names               what is surely wrong in the dtabs (see [Config.Lint]); the namers, and the names that they
//	                     have: the addresses alive of those in use, how old they are, what the namer said last when
//	                     it failed; ?state=<prefix>: all that a namer knows
//	/logging             the levels of the loggers, and buttons that change them
//	/config              the configuration in effect, without secrets, and what became of reading it again
//	/health              the process, and what becomes of spans
//	/events              ?page=<path>: what changes on a page, as server-sent events, at most 32 streams at once
//
// Rates and curves are made from samples: one a second for 10 minutes and one in 10 s for 6
// hours (?range=6h), of up to 100 routers and as many servers, and of the 50 services and
// the 50 clients with the most requests, in 88 KB each. They go on after a reload. A sample
// asks the routers only for the names at which something has happened: with 10,000 services
// and as many clients, of which 100 are busy, it takes 2 ms, and a page that is live 1 to 4 ms
// a second more. So a name that has left its cache may be shown for 10 s, and the
// addresses of a client that nobody asks for may be 30 s old in lists.
//
// # Access
//
// Every client that reaches the address is served, except for these, which get 403 with
// the reason:
//
//   - A request that came through a proxy, as its Via or l5d-* headers say, gets only
//     /admin/ping, /admin/ready and the pages of metrics. Any client of the hop can
//     send an override (l5d-dtab) that names any address which the hop reaches.
//   - A request that a page of another site could have sent through a user's browser:
//     one whose Host is neither an IP address, nor localhost, nor one of [Config.Hosts],
//     and a write (any method but GET, HEAD and OPTIONS) with an Origin that is not that
//     Host. A server that listens on another address than loopback serves reads for
//     every Host.
//
// # Explain
//
// Besides name or url the query may have router (default the first), method (default
// GET) and header, "Name: value", any number of times:
//
//	curl -G http://127.0.0.1:9990/explain -d url=http://hello/ --data-urlencode 'header=l5d-dtab: /svc => /v2'
//
// The running router explains its current state. The responses other than 200 are those
// of the delegator, with two exceptions: everything that is wrong with the question is
// 400, including an unknown router; and the report itself says which namers did not
// respond within 2 s.
//
// # Delegator
//
// Only the dtab in the query counts, and that of an interpreter which has one, such as
// io.l5d.fs: the router's own dtab is not added. All alternates are expanded, including
// those that a request would never reach. Without a namespace the first router is asked.
// The responses other than 200, each with its reason as text, are:
//
//	400  Invalid dtab: ...                 checked before the path
//	400  Invalid path: ...
//	400  Malformed delegation request: ... a POST that is not JSON, or without dtab or path
//	413                                    a POST of more than 2 MiB, or a response of more than 8 MiB
//	415                                    a POST that is not exactly of type application/json
//	501  Name Interpreter for ... cannot show delegations
//	503  Request timed out.                the namers did not respond within 2 s
//
// # Metrics
//
// Counters never decrease while what they count exists, and go on after a reload; see
// [Config.Before]. Names with colons are those of Linkerd (PrometheusTelemeter.scala),
// with types and help texts; names that begin with meshhop_, go_ or process_ are not.
//
//	rt:server:{requests,success,failures,pending}          rt, server ("127.0.0.1/4140")
//	rt:server:status:{1XX,2XX,3XX,4XX,5XX}                 rt, server
//	rt:server:status:<status>                              rt, server; each that occurred
//	rt:server:request_latency_ms                           rt, server; see below, as all that end in _ms
//	rt:server:time:{1XX,2XX,3XX,4XX,5XX}                   rt, server; the same by status
//	meshhop_server_response_seconds_total                  rt, server, status_class; to the end of the response
//	rt:server:{connections,connects}                       rt, server
//	meshhop_server_connections_waited_total                rt, server
//	meshhop_server_connections_closed_total                rt, server, reason: idle, head, body, response, evicted, lifetime, read, write
//	rt:server:{idle,lifetime,read_timeout,write_timeout}   rt, server; connections closed for these reasons
//	rt:server:{closes,received_bytes,sent_bytes}           rt, server
//	rt:server:connection_{duration,requests,received_bytes,sent_bytes}  rt, server; of connections that have closed, see below
//	rt:server:{request,response}_payload_bytes             rt, server; of bodies, as they came through
//	rt:server:handletime_us                                rt, server; to the first byte of the response
//	meshhop_server_{received,sent}_bytes_total             rt, server
//	meshhop_server_connection_seconds_total                rt, server; of the connections in rt:server:closes
//	meshhop_server_phase_{seconds,requests}_total          rt, server, phase: head, handle, write; of every eighth request of a connection
//	meshhop_server_heads_refused_total                     rt, server, reason: malformed, too_long, unsupported, version, expectation,
//	                                                       late, broken_off; these requests never came to the handler
//	meshhop_server_{responses_broken,upgrades,head_bytes}_total  rt, server
//	meshhop_server_dry_runs_{,refused_}total               rt, server; where a file has dryRun
//	rt:originator                                          rt; 1 where a file has originator: true
//	rt:client:{requests,success,failures,pending}          rt, client ("#/io.l5d.fs/hello")
//	rt:client:loadbalancer:{size,available,adds,removes,updates,max_effort_exhausted}  rt, client
//	rt:client:loadbalancer:{load,busy,meanweight,num_weight_classes}  rt, client
//	rt:client:available                                    rt, client; 1 or 0
//	rt:client:request_latency_ms                           rt, client
//	rt:client:time:{1XX,...,5XX,error}                     rt, client
//	meshhop_attempt_duration_seconds                       router, client, status_class; a histogram
//	rt:client:service:{requests,success,failures,pending,request_latency_ms}  rt, client, service; attempts
//	meshhop_client_services_folded                         rt; how many pairs of the two share the series "(other)"
//	rt:client:failure_accrual:{removals,revivals,probes,removed_for_ms}  rt, client
//	rt:client:{connects,connections}                       rt, client; these and the next four lines do not exist with the client of net/http
//	rt:client:{pool_size,pool_cached,pool_waiters}         rt, client; connections in use and idle, and requests that wait for one
//	rt:client:{pool_num_waited,pool_num_too_many_waiters}  rt, client
//	rt:client:{read_timeout,write_timeout}                 rt, client
//	meshhop_client_connect_failures_total                  rt, client
//	rt:client:{connect_latency_ms,failed_connect_latency_ms,cancelled_connects}  rt, client; these and the next three lines do not exist either
//	rt:client:{closes,received_bytes,sent_bytes}           rt, client
//	rt:client:{request,response}_payload_bytes             rt, client; of bodies, as they came through
//	rt:client:connection_{duration,requests,received_bytes,sent_bytes}  rt, client
//	meshhop_client_{received,sent}_bytes_total, meshhop_client_connection_seconds_total  rt, client
//	rt:client:status:{1XX,...,<status>}                    rt, client
//	rt:client:status:error                                 rt, client; without a response
//	rt:client:retries:{requeues,budget,budget_exhausted,request_limit,cannot_retry}  rt, client
//	rt:client:retries:requeues_per_request                 rt, client; see below
//	rt:service:{requests,success,failures,pending}         rt, service ("svc/hello")
//	rt:service:request_latency_ms                          rt, service
//	meshhop_request_duration_seconds                       router, service, status_class; a histogram
//	rt:service:retries:{total,budget,budget_exhausted}     rt, service
//	rt:service:retries:per_request                         rt, service; see below
//	rt:bindcache:{path,client}:{misses,evicts,expires,oneshots}  rt
//	meshhop_bindcache_{path,client}_size                   rt
//	meshhop_bindcache_{path,client}_overflows_total        rt; entries added beyond the limit, because all others were in use
//	meshhop_{services,clients}_folded                      rt; how many share the series "(other)"
//	meshhop_{server,service,client}_failures_by_cause_total  rt, server, service or client; cause
//	meshhop_server_{loops,overrides_ignored}_total         rt, server
//	meshhop_server_errors_cut_total                        rt, server; messages longer than maxErrResponseKB allows
//	meshhop_server_refused_total                           rt, server
//	meshhop_service_retries_refused_total                  rt, service, reason
//	meshhop_client_requeues_refused_total                  rt, client, reason
//	meshhop_client_retries_refused_total                   rt, client; services with the same budget had exhausted it at this set
//	meshhop_router_{requests,success,failures}_total       rt
//	meshhop_router_overrides_{left_out,refused}_total      rt
//	meshhop_router_pending                                 rt
//	meshhop_router_context_left_out_total                  rt
//	meshhop_tracing_enabled                                1, or 0 if /admin/tracing has turned tracing off
//	meshhop_spans_{received,exported,retries}_total        pipeline
//	meshhop_spans_dropped_total                            pipeline, reason
//	meshhop_spans_{queued,queued_bytes}                    pipeline
//	meshhop_k8s_{watches,watches_connected,watches_failing,answer_age_seconds}  server ("localhost:8001"), resource ("endpointslices")
//	meshhop_k8s_{objects,object_bytes,relists_total}       server, resource
//	meshhop_k8s_events_total                               server, resource, type: added, modified, deleted, bookmark, unknown
//	meshhop_k8s_failures_total                             server, resource, reason: connection, timeout, token, unauthorized,
//	                                                       forbidden, not_found, gone, throttled, server_error, other_status, unreadable
//	meshhop_statsd_{packets,failures}_total                to ("127.0.0.1:8125"), see [Config.Statsd]
//	meshhop_lost_context_calls                             service, context: lost, kept
//	meshhop_lost_context_folded                            how many services share the series "(other)"
//	meshhop_config_reloads_total                           result: taken, refused
//	meshhop_config_last_reload_successful                  1 unless the file was refused when it was last read
//	meshhop_config_loaded_timestamp_seconds                when the configuration in effect was read
//	meshhop_{server,client}_tls_handshakes_total           TLS handshakes that succeeded
//	meshhop_{server,client}_tls_handshake_failures_total   reason: name, authority, expired, no_certificate, alert, not_tls, version, timeout, closed, cancelled, other
//	meshhop_tls_certificate_not_after_timestamp_seconds    config ("admin.tls"): until when the certificate is valid
//	meshhop_tls_certificate_reloads_total                  config, result: taken, refused
//	meshhop_tls_certificate_last_reload_successful         config: 1 unless the files were refused when they had changed last
//	meshhop_admin_{connections,connects_total,connections_waited_total,connections_closed_total}  the same for the admin server
//	meshhop_admin_refused_total                            reason: proxy, host; see above
//	meshhop_build_info                                     version, goversion
//	jvm:{start_time,uptime,num_cpus,fd_count,fd_limit,thread:count}
//	jvm:heap:{used,committed,max}
//	jvm:gc:{cycles,msec}, jvm:gc:eden:pause_msec
//	jvm:gc:{ConcurrentMarkSweep,ParNew}:{cycles,msec}, jvm:mem:current:{Par_Eden_Space,Par_Survivor_Space,CMS_Old_Gen}:used
//
// [METRICS.md] says of each metric that Linkerd has whether it is here, or why not.
//
// The causes of failures are status, where the response of an endpoint counts as a failure,
// or else the step that failed: dtab, identification, loop, stage, binding,
// binding_timeout, forbidden, no_replicas, connect, request, refused (unread, by the
// endpoint), attempt_timeout, total_timeout, server_timeout, deadline, canceled, closed or
// scheme; at a server also response (it broke off), concurrency, method, protocol, depth
// and target. Each failure has one, so that they add up to rt:server:failures and the
// others. Linkerd has exceptions below the failures, in series of the same name, and so a
// sum of three times as many.
//
// # Latencies
//
// What ends in _ms, rt:server:time and rt:client:time are in milliseconds. For each, and
// for how often requests were retried and requeued, there are the quantiles 0 (the shortest), 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999 and 1 (the
// longest) of the last minute, more exactly of the last 50 to 60 s, whole as in Linkerd and
// at most 1.6 % off, with the label quantile; _avg, the average of the same; and _sum and
// _count, which count from the start as all counters do, where Linkerd's begin anew each
// minute. Without a request in the last minute there are no quantiles and no average.
//
// A request takes from its arrival, an attempt from the pick of its endpoint, with the wait
// for a connection. Both end with the head of the response, or with the error: how long a
// body streams says more about its reader. That is the time of Linkerd for responses that
// it streams. meshhop_server_response_seconds_total alone goes to the end.
//
// The histograms in seconds are by the class of the status: 1XX to 5XX, or error where there
// was no response. In text they have buckets from 1 ms to 10 s. To a Prometheus that asks
// for protobuf (--enable-feature=native-histograms) they are native histograms besides, of
// schema 3. Each bucket has the trace id of a sampled request as an exemplar, a new one at
// most each second, in OpenMetrics and protobuf.
//
// What is of connections (connection_duration in milliseconds, the others numbers) has the
// same quantiles, of the connections that closed in the last minute. The times of phases and
// handletime_us, in microseconds, are measured for the first request of a connection and for
// each eighth one after it. Bytes are those on the wire, heads and framing included; those of
// a body that is under way are counted at least once a second.
//
// Names that begin with jvm: are for dashboards of Linkerd. Go has no such pools and
// collectors. ConcurrentMarkSweep is Go's collector, ParNew is always 0, Par_Eden_Space is
// what was allocated since the last collection and CMS_Old_Gen what survived it. Pauses are
// in milliseconds with fractions.
//
// /admin/metrics.json shows the metrics whose names begin with rt: or jvm: by their paths in
// Linkerd's tree. Durations there are those of the last minute, also their sum and count.
//
// # Names
//
// The names of clients and services come from requests. There are never more of them
// than router.CacheConfig allows. One that leaves the cache leaves the page, and starts at
// zero when it comes back, or at what it had before a reload. A label has at most 200
// bytes: a longer name is cut, and gets "~" and a hash at its end. For each router the 500
// services and the 500 clients with the most requests have series of their own. The sums
// of all others are in series labelled "(other)", which decrease when one of those leaves
// or gets series of its own. A router tells 200 pairs of a client and a service apart; the
// others of a client are together in service "(other)".
//
// [METRICS.md]: https://github.com/meshhop/meshhop/blob/main/proxy/admin/METRICS.md
package admin
