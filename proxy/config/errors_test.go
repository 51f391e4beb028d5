package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

// valid is a file in order, to which a row adds what is wrong.
const valid = "routers:\n- protocol: http\n  servers:\n  - port: 4140\n"

func TestErrors(t *testing.T) {
	for _, row := range []struct {
		name, vector string
		in           string
		want         []string
	}{
		{name: "unknown key, near", in: valid + "  dtap: /a=>/b\n",
			want: []string{`5:3: routers[0].dtap: unknown key (did you mean "dtab"?)`}},
		{name: "unknown key, swapped letters", in: "routesr: []\n" + valid,
			want: []string{`1:1: routesr: unknown key (did you mean "routers"?)`}},
		{name: "unknown key, near one that is missing here", in: valid + "  httpAcessLog: x\n",
			want: []string{`5:3: routers[0].httpAcessLog: unknown key (did you mean "httpAccessLog"?)`}},
		{name: "unknown key, far", in: "usage:\n  colour: red\n" + valid,
			want: []string{`2:3: usage.colour: unknown key; known here: enabled, orgId`}},
		{name: "unknown key, odd", in: "\"a b.c\": 1\n" + valid,
			want: []string{`1:1: "a b.c": unknown key; known here: admin, namers, routers, telemetry, usage`}},
		{name: "duplicate key", in: "admin:\n  port: 1\n  port: 2\n" + valid,
			want: []string{`3:3: admin.port: duplicate key, first in line 2`}},
		{name: "all at once, in order", in: "admin:\n  prot: 1\n  ip: localhost\nnamers:\n- kind: io.l5d.consul\n- kind: io.l5d.fss\n- {}\n" + valid,
			want: []string{
				`2:3: admin.prot: unknown key (did you mean "port"?)`,
				`3:7: admin.ip: must be an IP address such as 127.0.0.1 or 0.0.0.0, not "localhost"; write 127.0.0.1`,
				`5:9: namers[0].kind: io.l5d.consul is not supported: Consul answers SRV queries, so io.l5d.dnssrv with its port 8600 in dnsHosts finds the same instances`,
				`6:9: namers[1].kind: unknown kind "io.l5d.fss" (did you mean "io.l5d.fs"?)`,
				`7:3: namers[2].kind: is required; available: {namers}`,
			}},
		{name: "missing keys", in: "namers:\n- kind: io.l5d.fs\nrouters:\n- label: x\n",
			want: []string{
				`2:3: namers[0].rootDir: is required`,
				`4:3: routers[0].protocol: is required; available: http`,
				`4:3: routers[0].servers: is required`,
			}},
		{name: "keys without a value", in: "namers:\n- kind:\n- kind: ''\nrouters:\n- protocol:\n  servers:\n",
			want: []string{
				`2:3: namers[0].kind: is required; available: {namers}`,
				`3:9: namers[1].kind: must not be empty; available: {namers}`,
				`5:3: routers[0].protocol: is required; available: http`,
				`6:3: routers[0].servers: is required`,
			}},
		{name: "no routers", in: "admin: {port: 1}\n", want: []string{`1:1: routers: is required`}},
		{name: "empty routers", in: "routers: []\n", want: []string{`1:10: routers: needs at least one router`}},
		{name: "empty servers", in: "routers: [{protocol: http, servers: []}]\n", want: []string{`1:37: routers[0].servers: needs at least one server`}},
		{name: "wrong types", in: "admin: 1\ntelemetry: {kind: x}\nnamers: [x]\nusage: [1]\nrouters:\n- protocol: [http]\n- protocol: http\n  dtab: [a]\n  label: {a: b}\n  identifier: 3\n  servers: 4140\n",
			want: []string{
				`1:8: admin: must be a group of keys, not "1"`,
				`2:12: telemetry: must be a list, not a group of keys`,
				`3:10: namers[0]: must be a group of keys, not "x"`,
				`4:8: usage: must be a group of keys, not a list`,
				`6:13: routers[0].protocol: must be a single value, not a list`,
				`8:9: routers[1].dtab: must be a single value, not a list`,
				`9:10: routers[1].label: must be a single value, not a group of keys`,
				`10:15: routers[1].identifier: must be a group of keys, not "3"`,
				`11:12: routers[1].servers: must be a list, not "4140"`,
			}},
		{name: "numbers", in: "admin: {port: 4_140}\nrouters:\n- protocol: http\n  bindingTimeoutMs: 0x10\n  maxHeadersKB: 010\n  maxInitialLineKB: 1.5\n  maxErrResponseKB: +5\n" +
			"  bindingCache: {paths: 0, clients: -1, idleTtlSecs: 99999999999999999999}\n  servers: [{port: 70000}, {port: web, maxConcurrentRequests: \"07\"}]\n",
			want: []string{
				`1:15: admin.port: "4_140" has underscores; write the digits only`,
				`4:21: routers[0].bindingTimeoutMs: "0x10" could be read as octal, hexadecimal or decimal; write it in decimal, without a leading zero`,
				`5:17: routers[0].maxHeadersKB: "010" could be read as octal, hexadecimal or decimal; write it in decimal, without a leading zero`,
				`6:21: routers[0].maxInitialLineKB: must be a whole number in plain decimal, not "1.5"`,
				`7:21: routers[0].maxErrResponseKB: must be a whole number in plain decimal, not "+5"`,
				`8:25: routers[0].bindingCache.paths: must be from 1 to 2147483646, not 0`,
				`8:37: routers[0].bindingCache.clients: must be from 1 to 2147483646, not -1`,
				`8:54: routers[0].bindingCache.idleTtlSecs: must be from 1 to 2147483647, not 99999999999999999999`,
				`9:20: routers[0].servers[0].port: must be from 0 to 65535, not 70000`,
				`9:35: routers[0].servers[1].port: must be a whole number in plain decimal, not "web"`,
				`9:63: routers[0].servers[1].maxConcurrentRequests: must be a whole number in plain decimal, not "07"`,
			}},
		{name: "booleans", in: "routers:\n- protocol: http\n  servers: [{clearContext: yes}, {port: 1, clearContext: 1}]\n",
			want: []string{
				`3:58: routers[0].servers[1].clearContext: must be true or false, not "1"`,
			}},
		{name: "sample rates", in: "telemetry:\n- {kind: io.l5d.zipkin, sampleRate: 1.5}\n- {kind: io.l5d.tracelog, sampleRate: .nan, level: LOUD}\n- {kind: io.zipkin.http, initialSampleRate: all}\n" + valid,
			want: []string{
				`2:37: telemetry[0].sampleRate: must be from 0 to 1, not "1.5"`,
				`3:39: telemetry[1].sampleRate: must be a number in plain decimal, not ".nan"`,
				`3:52: telemetry[1].level: must be one of OFF, FATAL, CRITICAL, ERROR, WARNING, INFO, DEBUG, TRACE, ALL, not "LOUD"`,
				`4:45: telemetry[2].initialSampleRate: must be a number in plain decimal, not "all"`,
			}},
		{name: "hosts of the admin server", in: "admin: {hosts: [a.example, 'a:80', 10.0.0.1, [b], '']}\n" + valid,
			want: []string{
				`1:28: admin.hosts[1]: must be the name of a host, without a port, not "a:80"`,
				`1:36: admin.hosts[2]: must be the name of a host, without a port, not "10.0.0.1"`,
				`1:46: admin.hosts[3]: must be a single value, not a list`,
				`1:51: admin.hosts[4]: must be the name of a host, without a port, not ""`,
			}},
		{name: "one host of the admin server", in: "admin: {hosts: a.example}\n" + valid,
			want: []string{`1:16: admin.hosts: must be a list, not "a.example"`}},
		{name: "hosts", in: "telemetry:\n- {kind: io.l5d.zipkin, host: 'http://z'}\n- {kind: io.l5d.zipkin, host: 'z:9411'}\n- {kind: io.zipkin.http, host: zipkin, hostHeader: \"a\\nb\"}\n" + valid,
			want: []string{
				`2:31: telemetry[0].host: must be a host name or an IP address alone, not "http://z"`,
				`3:31: telemetry[1].host: must be a host name or an IP address alone, not "z:9411"`,
				`4:32: telemetry[2].host: must be host:port such as localhost:9411, not "zipkin"`,
				`4:52: telemetry[2].hostHeader: must be a host, not "a\nb"`,
			}},
		{name: "OTLP", in: "telemetry:\n- {kind: io.opentelemetry.otlp, endpoint: 'collector:4318', headers: [a], compression: zstd, serviceName: '', timeoutMs: 0, sampleRate: 2}\n" +
			"- {kind: io.opentelemetry.otlp, endpoint: 'http://u:s3cret@h', headers: {a b: s3cret, Host: h, ok: {s3cret: 1}}, resource: {service.name: x}}\n" + valid,
			want: []string{
				`2:43: telemetry[0].endpoint: must be an http or https URL with a host, such as http://localhost:4318/v1/traces`,
				`2:70: telemetry[0].headers: must be a group of keys, not a list`,
				`2:88: telemetry[0].compression: must be auto, gzip or none, not "zstd"`,
				`2:107: telemetry[0].serviceName: must not be empty`,
				`2:122: telemetry[0].timeoutMs: must be from 1 to 2147483647, not 0`,
				`2:137: telemetry[0].sampleRate: must be from 0 to 1, not "2"`,
				`3:43: telemetry[1].endpoint: must have no user or password: they go into headers, as Authorization`,
				`3:73: telemetry[1].headers: "a b" is no name of a header (RFC 9110 section 5.1)`,
				`3:73: telemetry[1].headers: "Host" is set by the client that sends the request`,
				`3:100: telemetry[1].headers.ok: must be a single value, not a group of keys`,
				`3:124: telemetry[1].resource: must not have the attribute "service.name", which is set already`,
			}},
		{name: "prometheus", in: "telemetry:\n- {kind: io.l5d.prometheus, path: metrics, prefix: a-b}\n- kind: io.l5d.prometheus\n- kind: io.l5d.prometheus\n" + valid,
			want: []string{
				`2:35: telemetry[0].path: must be the path of a page such as /admin/metrics/prometheus, not "metrics"`,
				`2:52: telemetry[0].prefix: must begin a metric's name: letters, digits, _ and :, not "a-b"`,
				`4:3: telemetry[2].path: /admin/metrics/prometheus is the page of telemetry[1] too`,
			}},
		{name: "labels", in: valid + "- protocol: http\n  servers: [{port: 1}]\n- protocol: http\n  label: http\n  servers: [{port: 2}]\n- {protocol: http, label: '', servers: [{port: 3}]}\n",
			want: []string{
				`5:3: routers[1].label: the default "http" is the label of routers[0] in line 2 too; each router needs one of its own`,
				`8:10: routers[2].label: "http" is the label of routers[0] in line 2 too; each router needs one of its own`,
				`10:27: routers[3].label: must not be empty`,
			}},
		{name: "ports", in: "routers:\n- protocol: http\n  servers:\n  - port: 4140\n  - port: 4140\n    ip: 0.0.0.0\n  - port: 4140\n    ip: 10.0.0.1\n  - port: 9990\n  - {port: 0}\n  - {port: 0}\n",
			want: []string{
				`5:11: routers[0].servers[1].port: port 4140 is taken by routers[0].servers[0] in line 4, at 127.0.0.1:4140`,
				`7:11: routers[0].servers[2].port: port 4140 is taken by routers[0].servers[1] in line 5, at 0.0.0.0:4140`,
				`9:11: routers[0].servers[3].port: port 9990 is taken by the admin server, at 127.0.0.1:9990`,
			}},
		{name: "default ports", in: "routers:\n- protocol: http\n  servers: [{}]\n- protocol: http\n  label: b\n  servers: [{ip: 127.0.0.1}]\n",
			want: []string{`6:13: routers[1].servers[0].port: port 4140 is taken by routers[0].servers[0] in line 3, at 127.0.0.1:4140`}},
		{name: "protocols", in: "routers: [{protocol: h2, x: y}, {protocol: htpt}]\n",
			want: []string{
				`1:22: routers[0].protocol: h2 is not supported: there is no HTTP/2 yet; its routers go on in Linkerd, beside this hop`,
				`1:44: routers[1].protocol: unknown protocol "htpt"; available: http`,
			}},
		{name: "identifiers", in: valid + "  identifier: []\n- protocol: http\n  label: b\n  servers: [{port: 1}]\n  identifier:\n  - kind: io.l5d.k8s.istio\n  - {kind: io.l5d.path, segments: 0, consum: true}\n  - kind: io.l5d.static\n  - {kind: io.l5d.header, header: ':status'}\n  - {kind: io.l5d.header.token, header: ''}\n  - {kind: io.l5d.methodAndHost, httpUriInDst: y}\n",
			want: []string{
				`5:15: routers[0].identifier: an empty list of identifiers identifies nothing; leave the key out for io.l5d.header.token`,
				`10:11: routers[1].identifier[0].kind: io.l5d.k8s.istio is not supported: the interface of Istio that it uses no longer exists`,
				`11:35: routers[1].identifier[1].segments: must be from 1 to 2147483647, not 0`,
				`11:38: routers[1].identifier[1].consum: unknown key (did you mean "consume"?)`,
				`12:5: routers[1].identifier[2].path: is required`,
				`13:35: routers[1].identifier[3].header: must be the name of an HTTP/1.1 header, not ":status"`,
				`14:41: routers[1].identifier[4].header: must be the name of an HTTP/1.1 header`,
				`15:48: routers[1].identifier[5].httpUriInDst: must be true or false, not "y"`,
			}},
		{name: "connections", in: valid + "    serverSession: {idleTimeMs: 0, lifeTimeMs: -1}\n  client:\n    hostConnectionPool: {minSize: -1, maxSize: 0, idleTimeMs: -1, maxWaiters: -1, maxIdle: 1}\n    clientSession: {idleTimeMs: 0, lifeTimeMs: forever}\n",
			want: []string{
				`5:33: routers[0].servers[0].serverSession.idleTimeMs: must be from 1 to 2147483647, not 0`,
				`5:48: routers[0].servers[0].serverSession.lifeTimeMs: must be from 1 to 2147483647, not -1`,
				`7:35: routers[0].client.hostConnectionPool.minSize: must be from 0 to 2147483647, not -1`,
				`7:48: routers[0].client.hostConnectionPool.maxSize: must be from 1 to 2147483647, not 0`,
				`7:63: routers[0].client.hostConnectionPool.idleTimeMs: must be from 0 to 2147483647, not -1`,
				`7:79: routers[0].client.hostConnectionPool.maxWaiters: must be from 0 to 2147483647, not -1`,
				`7:83: routers[0].client.hostConnectionPool.maxIdle: unknown key (did you mean "maxSize"?)`,
				`8:33: routers[0].client.clientSession.idleTimeMs: must be from 1 to 2147483647, not 0`,
				`8:48: routers[0].client.clientSession.lifeTimeMs: must be a whole number in plain decimal, not "forever"`,
			}},
		{name: "what we do not do", vector: "140", in: valid + "  streamingEnabled: false\n  streamAfterContentLengthKB: 5\n  compressionLevel: 6\n  originator: true\n  client: {failFast: true, tls: {}, failureAccrual: {}, loadBalancer: {kind: p2c, maxEffort: 5, decayTimeMs: 1}}\n  service: {totalTimeoutMs: 1, retires: {}}\n",
			want: []string{
				`5:21: routers[0].streamingEnabled: is not supported: only true, because every body is streamed`,
				`7:21: routers[0].compressionLevel: is not supported: only 0 and -1, because responses are passed on as they come; compress them in the service`,
				`9:33: routers[0].client.tls: needs commonName, the name that the servers' certificates are for; disableValidation: true accepts any`,
				`9:53: routers[0].client.failureAccrual.kind: is required; available: {accruals}`,
				`9:97: routers[0].client.loadBalancer.decayTimeMs: unknown key; known here: enableProbation, kind, maxEffort`,
				`10:32: routers[0].service.retires: unknown key (did you mean "retries"?)`,
			}},
		{name: "balancers", in: valid + clients(
			"loadBalancer: {maxEffort: 1}",
			"loadBalancer: {kind: roundrobin}",
			"loadBalancer: {kind: p2c, maxEffort: -1, enableProbation: y}",
			"loadBalancer: {kind: ewma, decayTimeMs: 0}",
			"loadBalancer: {kind: aperture, smoothWindowMs: 0, minAperture: 0, lowLoad: -1, highLoad: x}",
			"loadBalancer: {kind: aperture, lowLoad: 2}",
			"loadBalancer: {kind: aperture, lowLoad: 3, highLoad: 2.5}",
			"loadBalancer: {kind: heap, maxEffort: 5}",
		),
			want: []string{
				`5:27: routers[1].client.loadBalancer.kind: is required; available: {balancers}`,
				`6:34: routers[2].client.loadBalancer.kind: unknown kind "roundrobin" (did you mean "roundRobin"?)`,
				`7:50: routers[3].client.loadBalancer.maxEffort: must be from 0 to 2147483647, not -1`,
				`7:71: routers[3].client.loadBalancer.enableProbation: must be true or false, not "y"`,
				`8:53: routers[4].client.loadBalancer.decayTimeMs: must be from 1 to 2147483647, not 0`,
				`9:60: routers[5].client.loadBalancer.smoothWindowMs: must be from 1 to 2147483647, not 0`,
				`9:76: routers[5].client.loadBalancer.minAperture: must be from 1 to 2147483647, not 0`,
				`9:88: routers[5].client.loadBalancer.lowLoad: must be from 0 to 1e+09, not "-1"`,
				`9:102: routers[5].client.loadBalancer.highLoad: must be a number in plain decimal, not "x"`,
				`10:53: routers[6].client.loadBalancer.lowLoad: lowLoad 2 must be below highLoad 2`,
				`11:66: routers[7].client.loadBalancer.highLoad: lowLoad 3 must be below highLoad 2.5`,
				`12:40: routers[8].client.loadBalancer.maxEffort: unknown key; known here: enableProbation, kind`,
			}},
		{name: "failure accrual", in: valid + clients(
			"failureAccrual: {kind: io.l5d.consecutiveFailures, backoff: {kind: jitered}}",
			"failureAccrual: {kind: io.l5d.consecutiveFailures, failures: 0, backoff: {kind: jittered}}",
			"failureAccrual: {kind: io.l5d.successRate}",
			"failureAccrual: {kind: io.l5d.successRate, successRate: 1.5, requests: 0, backoff: {}}",
			"failureAccrual: {kind: io.l5d.successRateWindowed, successRate: 0.9, window: 0, backoff: {kind: jittered, minMs: 5, maxMs: 4}}",
			"failureAccrual: {kind: io.l5d.succesRate}",
			"failureAccrual: {kind: none, failures: 5, backoff: {kind: constant, ms: -1, maxMs: 1}}",
			"failureAccrual: none",
		),
			want: []string{
				`5:29: routers[1].client.failureAccrual.failures: is required`,
				`5:80: routers[1].client.failureAccrual.backoff.kind: unknown kind "jitered" (did you mean "jittered"?)`,
				`6:74: routers[2].client.failureAccrual.failures: must be from 1 to 2147483647, not 0`,
				`6:86: routers[2].client.failureAccrual.backoff.minMs: is required`,
				`6:86: routers[2].client.failureAccrual.backoff.maxMs: is required`,
				`7:29: routers[3].client.failureAccrual.successRate: is required`,
				`7:29: routers[3].client.failureAccrual.requests: is required`,
				`8:69: routers[4].client.failureAccrual.successRate: must be from 0 to 1, not "1.5"`,
				`8:84: routers[4].client.failureAccrual.requests: must be from 1 to 2147483647, not 0`,
				`8:96: routers[4].client.failureAccrual.backoff.kind: is required; available: {backoffs}`,
				`9:90: routers[5].client.failureAccrual.window: must be from 1 to 2147483647, not 0`,
				`9:136: routers[5].client.failureAccrual.backoff.maxMs: is below minMs, which is 5`,
				`10:36: routers[6].client.failureAccrual.kind: unknown kind "io.l5d.succesRate" (did you mean "io.l5d.successRate"?)`,
				`11:42: routers[7].client.failureAccrual.failures: unknown key; known here: backoff, kind`,
				`11:85: routers[7].client.failureAccrual.backoff.ms: must be from 0 to 2147483647, not -1`,
				`11:89: routers[7].client.failureAccrual.backoff.maxMs: unknown key; known here: kind, ms`,
				`12:29: routers[8].client.failureAccrual: must be a group of keys, not "none"`,
			}},
		{name: "services", in: valid + services(
			"responseClassifier: {}",
			"responseClassifier: {kind: io.l5d.http.retryableread5XX}",
			"responseClassifier: {kind: io.l5d.http.retryableRead5XX, methods: GET}",
			"retries: {budget: {ttlSecs: 61, minRetriesPerSec: -1, percentCanRetry: -0.1, percent: 1}}",
			"retries: {budget: {ttlSecs: 0, percentCanRetry: 1000.5}, backoff: {kind: jittered}}",
			"retries: {maxRetries: -1, replayBufferKB: x, backof: {}}",
			"totalTimeoutMs: 0",
			"kind: io.l5d.static",
			"kind: io.l5d.static, configs: [{}, {prefix: /a b}, {prefix: '/{}', totalTimeoutMs: 0}]",
			"kind: io.l5d.static, totalTimeoutMs: 1, configs: [{prefix: /, total: 1}]",
			"configs: []",
		),
			want: []string{
				`5:34: routers[1].service.responseClassifier.kind: is required; available: {classifiers}`,
				`6:41: routers[2].service.responseClassifier.kind: unknown kind "io.l5d.http.retryableread5XX" (did you mean "io.l5d.http.retryableRead5XX"?)`,
				`7:71: routers[3].service.responseClassifier.methods: unknown key; known here: kind`,
				`8:42: routers[4].service.retries.budget.ttlSecs: must be from 1 to 60, not 61`,
				`8:64: routers[4].service.retries.budget.minRetriesPerSec: must be from 0 to 2147483647, not -1`,
				`8:85: routers[4].service.retries.budget.percentCanRetry: must be from 0 to 1000, not "-0.1"`,
				`8:91: routers[4].service.retries.budget.percent: unknown key; known here: minRetriesPerSec, percentCanRetry, ttlSecs`,
				`9:42: routers[5].service.retries.budget.ttlSecs: must be from 1 to 60, not 0`,
				`9:62: routers[5].service.retries.budget.percentCanRetry: must be from 0 to 1000, not "1000.5"`,
				`9:80: routers[5].service.retries.backoff.minMs: is required`,
				`9:80: routers[5].service.retries.backoff.maxMs: is required`,
				`10:36: routers[6].service.retries.maxRetries: must be from 0 to 2147483647, not -1`,
				`10:56: routers[6].service.retries.replayBufferKB: must be a whole number in plain decimal, not "x"`,
				`10:59: routers[6].service.retries.backof: unknown key (did you mean "backoff"?)`,
				`11:30: routers[7].service.totalTimeoutMs: must be from 1 to 2147483647, not 0`,
				`12:13: routers[8].service.configs: is required`,
				`13:45: routers[9].service.configs[0].prefix: is required`,
				`13:60: routers[9].service.configs[1].prefix: is not a pattern: label char, '{' or '*' alone expected but ' ' found at '/a[ ]b'`,
				`13:77: routers[9].service.configs[2].prefix: is not a pattern: name of a capture expected but '}' found at '/{[}]'`,
				`13:97: routers[9].service.configs[2].totalTimeoutMs: must be from 1 to 2147483647, not 0`,
				`14:35: routers[10].service.totalTimeoutMs: unknown key; known here: configs, kind`,
				`14:76: routers[10].service.configs[0].total: unknown key; known here: prefix, responseClassifier, retries, stages, totalTimeoutMs`,
				`15:14: routers[11].service.configs: unknown key; known here: kind, responseClassifier, retries, stages, totalTimeoutMs`,
			}},
		{name: "bridge: no list", in: valid + "  tracePropagator: {kind: io.meshhop.bridge, extract: l5d, clear: {}}\n",
			want: []string{
				`5:55: routers[0].tracePropagator.extract: must be a list of trace formats (b3, b3single, l5d, w3c), not "l5d"`,
				`5:67: routers[0].tracePropagator.clear: must be a list of trace formats (b3, b3single, l5d, w3c), not a group of keys`,
			}},
		{name: "bridge: nothing to read or write", in: valid + "  tracePropagator: {kind: io.meshhop.bridge, extract: [], inject: []}\n",
			want: []string{
				`5:55: routers[0].tracePropagator.extract: must name a trace format; available: b3, b3single, l5d, w3c`,
				`5:67: routers[0].tracePropagator.inject: must name a trace format; available: b3, b3single, l5d, w3c`,
			}},
		{name: "bridge: unknown formats", in: valid + "  tracePropagator:\n    kind: io.meshhop.bridge\n    extract: [l5d, w3, traceparent, {}, l5d]\n    injekt: [b3]\n",
			want: []string{
				`7:20: routers[0].tracePropagator.extract[1]: must be one of b3, b3single, l5d, w3c, not "w3" (did you mean "b3"?)`,
				`7:24: routers[0].tracePropagator.extract[2]: must be one of b3, b3single, l5d, w3c, not "traceparent"`,
				`7:37: routers[0].tracePropagator.extract[3]: must be one of b3, b3single, l5d, w3c, not a group of keys`,
				`7:41: routers[0].tracePropagator.extract[4]: l5d is in the list twice`,
				`8:5: routers[0].tracePropagator.injekt: unknown key (did you mean "inject"?)`,
			}},
		{name: "bridge: nothing said", in: valid + "  tracePropagator: {kind: io.meshhop.bridge}\n",
			want: []string{`5:20: routers[0].tracePropagator.extract: is required: a list of trace formats (b3, b3single, l5d, w3c)`}},
		{name: "kinds of blocks", in: valid + "  client: {kind: io.l5d.globl}\n  service: {kind: x}\n  tracePropagator: {kind: b3}\n  interpreter: {transformers: [{kind: io.l5d.port}, {kind: io.l5d.k8s.daemonset}]}\n",
			want: []string{
				`5:18: routers[0].client.kind: unknown kind "io.l5d.globl" (did you mean "io.l5d.global"?)`,
				`6:19: routers[0].service.kind: unknown kind "x"; available: io.l5d.global, io.l5d.static`,
				`7:27: routers[0].tracePropagator.kind: unknown kind "b3"; available: {propagators}`,
				`8:16: routers[0].interpreter.kind: is required; available: {interpreters}`,
				`8:32: routers[0].interpreter.transformers[0].port: is required`,
				`8:53: routers[0].interpreter.transformers[1].namespace: is required`,
				`8:53: routers[0].interpreter.transformers[1].port: is required`,
				`8:53: routers[0].interpreter.transformers[1].service: is required`,
			}},
	} {
		name := row.name
		if row.vector != "" {
			name = "vector " + row.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			_, err := config.Load("f", []byte(row.in), config.Builtin())
			expectLines(t, withKinds(row.want), lines(err)...)
		})
	}
}

// TestErrorsOfNamers are those of what names become on their way.
func TestErrorsOfNamers(t *testing.T) {
	for _, row := range []struct {
		name, in      string
		want, notices []string
	}{
		{name: "rewrite without keys", in: "namers:\n- kind: io.l5d.rewrite\n" + valid,
			want: []string{
				`2:3: namers[0].prefix: is required`,
				`2:3: namers[0].pattern: is required`,
				`2:3: namers[0].name: is required`,
			}},
		{name: "rewrite without a prefix", in: "namers:\n- {kind: io.l5d.rewrite, pattern: /a, name: /b}\n" + valid,
			want: []string{`2:3: namers[0].prefix: is required`}},
		{name: "rewrite, a bad pattern", in: "namers:\n- kind: io.l5d.rewrite\n  prefix: /r\n  pattern: \"/{service/api\"\n  name: /srv/{service}\n" + valid,
			want: []string{`4:22: namers[0].pattern: is not a pattern: '}' expected but '/' found at '/{service[/]api'`}},
		{name: "rewrite, a regular expression", in: "namers:\n- {kind: io.l5d.rewrite, prefix: /r, pattern: 'v[0-9]', name: /b}\n" + valid,
			want: []string{`2:49: namers[0].pattern: is not a pattern: label char, '{' or '*' alone expected but '[' found at 'v[[]0-9]'`}},
		{name: "rewrite, an unknown capture", in: "namers:\n- kind: io.l5d.rewrite\n  prefix: /r\n  pattern: /{service}/api\n  name: /srv/{servce}\n" + valid,
			want: []string{`5:14: namers[0].name: is not a name for "/{service}/api": one of {service} expected but '{servce}' found at '/srv/[{]servce}'`}},
		{name: "rewrite, no path", in: "namers:\n- kind: io.l5d.rewrite\n  prefix: /r\n  pattern: /{service}\n  name: srv/{service}\n" + valid,
			want: []string{`5:9: namers[0].name: is not a name for "/{service}": '/' expected but 's' found at '[s]rv/{service}'`}},
		{name: "rewrite, no single values", in: "namers:\n- {kind: io.l5d.rewrite, prefix: /r, pattern: [a], name: {a: b}, nam: x}\n" + valid,
			want: []string{
				`2:47: namers[0].pattern: must be a single value, not a list`,
				`2:58: namers[0].name: must be a single value, not a group of keys`,
				`2:66: namers[0].nam: unknown key (did you mean "name"?)`,
			}},
		{name: "transformers without keys", in: "namers:\n- {kind: io.l5d.fs, rootDir: a, transformers: [{kind: io.l5d.specificHost}, {kind: io.l5d.replace}, {kind: io.l5d.const}]}\n" + valid,
			want: []string{
				`2:48: namers[0].transformers[0].host: is required`,
				`2:77: namers[0].transformers[1].path: is required`,
				`2:101: namers[0].transformers[2].path: is required`,
			}},
		{name: "hosts", in: valid + "  interpreter: {kind: default, transformers: [{kind: io.l5d.specificHost, host: 'a:80'}, {kind: io.l5d.specificHost, host: ''}, {kind: io.l5d.specificHost, host: '[::1]'}]}\n",
			want: []string{
				`5:81: routers[0].interpreter.transformers[0].host: must be a host name or an IP address alone, not "a:80"`,
				`5:124: routers[0].interpreter.transformers[1].host: must be a host name or an IP address alone, not ""`,
			}},
		{name: "paths", in: valid + "  interpreter:\n    kind: default\n    transformers:\n    - {kind: io.l5d.const, path: canary}\n    - {kind: io.l5d.const, path: /}\n" +
			"    - {kind: io.l5d.replace, path: /$/inett/a/1}\n    - {kind: io.l5d.replace, path: /$/io.buoyant.namer.zk.leader/a}\n",
			want: []string{
				`8:34: routers[0].interpreter.transformers[0].path: is not a path: '/' expected but 'c' found at '[c]anary'`,
				`9:34: routers[0].interpreter.transformers[1].path: must have at least one segment, such as /$/inet/127.1/4140`,
				`10:36: routers[0].interpreter.transformers[2].path: there is nothing at /$/inett; available below /$: ` + utilities,
				`11:36: routers[0].interpreter.transformers[3].path: /$/io.buoyant.namer.zk.leader is not supported; available below /$: ` + utilities,
			}},
		{name: "paths that mean nothing", in: "namers:\n- {kind: io.l5d.fs, rootDir: a, transformers: [{kind: io.l5d.const, path: /#/io.l5d.fs/a}, {kind: io.l5d.const, path: /#/other/a}, {kind: io.l5d.const, path: /$/nil}]}\n" +
			valid + "  interpreter: {kind: default, transformers: [{kind: io.l5d.replace, path: /svc/a}]}\n",
			notices: []string{
				`2:119: namers[0].transformers[1].path: no namer is configured for /#/other/a: names there mean nothing`,
				`7:76: routers[0].interpreter.transformers[0].path: /svc/a is looked up without a dtab, where it means nothing: only names below /# and /$ do`,
			}},
	} {
		t.Run(row.name, func(t *testing.T) {
			file, err := config.Load("f", []byte(row.in), config.Builtin())
			expectLines(t, row.want, lines(err)...)
			if err == nil {
				var notices []string
				for _, n := range file.Notices {
					notices = append(notices, strings.TrimPrefix(n.String(), "f:"))
				}
				expectLines(t, row.notices, notices...)
			}
		})
	}
}

// utilities are what there is below /$.
const utilities = "fail, fixedinet, inet, io.buoyant.hostportPfx, io.buoyant.http.anyHost, io.buoyant.http.anyHostPfx, " +
	"io.buoyant.http.anyMethod, io.buoyant.http.anyMethodPfx, io.buoyant.http.domainToPath, io.buoyant.http.domainToPathPfx, " +
	"io.buoyant.http.status, io.buoyant.http.subdomainOf, io.buoyant.http.subdomainOfPfx, io.buoyant.porthostPfx, io.buoyant.rinet, nil"

// TestErrorsInNames are errors that point into a dtab or a path.
func TestErrorsInNames(t *testing.T) {
	for _, row := range []struct {
		name string
		in   string
		want []string
	}{
		{"plain dtab", valid + "  dtab: /svc => /a; /b = > /c\n",
			[]string{`5:25: routers[0].dtab: is not a dtab: '>' expected but ' ' found at '/svc => /a; /b =[ ]> /c'`}},
		{"quoted dtab", valid + "  dtab: \"/svc => i\"\n",
			[]string{`5:18: routers[0].dtab: is not a dtab: simple expected but 'i' found at '/svc => [i]'`}},
		{"block dtab", valid + "  dtab: |\n    /svc => /a;\n    # about b\n    /b/ => /c;\n    /d => /e;\n",
			[]string{`8:8: routers[0].dtab: is not a dtab: label char expected but ' ' found at '/b/[ ]=> /c;'`}},
		{"folded dtab", valid + "  dtab: >-\n    /svc => /a;\n    /b/ => /c;\n",
			[]string{`7:8: routers[0].dtab: is not a dtab: label char expected but ' ' found at '/svc => /a; /b/[ ]=> /c;'`}},
		{"dtab in plain lines", valid + "  dtab: /svc => /a;\n\n      /b/\n    => /c;\n",
			[]string{`7:10: routers[0].dtab: is not a dtab: label char expected but ' ' found at '/b/[ ]=> /c;'`}},
		{"unfinished dtab", valid + "  dtab: |\n    /svc => /a;\n    /b =>\n",
			[]string{`7:10: routers[0].dtab: is not a dtab: simple expected but end of input found at the end of '/b =>'`}},
		{"paths", valid + "  dstPrefix: svc\n  identifier: {kind: io.l5d.static, path: /a/}\n",
			[]string{
				`5:14: routers[0].dstPrefix: is not a path: '/' expected but 's' found at '[s]vc'`,
				`6:46: routers[0].identifier.path: is not a path: label char expected but end of input found at the end of '/a/'`,
			}},
		{"empty prefix", valid + "  dstPrefix: /\n",
			[]string{`5:14: routers[0].dstPrefix: must have at least one segment, such as /svc`}},
		{"utilities", valid + "  dtab: |\n    /a => /$/io.buoyant.namer.zk.leader;\n    /b => /x | /$/inett/a/1 & /$/inet/b/1;\n    /$/mine => /$/inet;\n    /c => /$/mine/d/1;\n",
			[]string{
				`6:11: routers[0].dtab: /$/io.buoyant.namer.zk.leader is not supported; available below /$: ` + utilities,
				`7:16: routers[0].dtab: there is nothing at /$/inett; available below /$: ` + utilities,
			}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := config.Load("f", []byte(row.in), config.Builtin())
			expectLines(t, row.want, lines(err)...)
			var parse *resolve.ParseError
			if strings.Contains(row.want[0], "is not a ") && !errors.As(err, &parse) {
				t.Error("the cause is no *resolve.ParseError")
			}
		})
	}
}

func TestErrorFields(t *testing.T) {
	_, err := config.Load("mesh.yaml", []byte("admn: 1\n"+valid), config.Builtin())
	var one *config.Error
	if !errors.As(err, &one) {
		t.Fatalf("%T is no *config.Error", err)
	}
	want := config.Error{Position: config.Position{File: "mesh.yaml", Line: 1, Column: 1}, Path: "admn", Reason: "unknown key", Nearest: "admin"}
	if diff := cmp.Diff(want, *one); diff != "" {
		t.Error(diff)
	}
}
