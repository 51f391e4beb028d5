package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy/config"
)

// check gives the lines of a check, without the file's name.
func check(t *testing.T, text string, noDisk bool) []string {
	t.Helper()
	options := &config.BuildOptions{}
	if noDisk {
		options = nil
	}
	var out []string
	for _, f := range config.Check(within(t, 5*time.Second), "f", []byte(text), config.Builtin(), options) {
		out = append(out, strings.TrimPrefix(f.String(), "f:"))
	}
	return out
}

// TestCheckInOneRound: nothing that is wrong hides what stands below it.
func TestCheckInOneRound(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const text = `namers:
- kind: io.l5d.fs
  rootDir: /does/not/exist
- kind: io.l5d.consul
  transformers: [{kind: io.l5d.port}]
usage: {}
telemetry:
- kind: io.zipkin.kafka
routers:
- protocol: h2
  label: one
  dtab: /svc => ;
  interpreter: {kind: io.l5d.fs, dtabFile: /no/such.dtab}
  servers: [{port: 4140}]
  h2AccessLog: x
- protocol: thriftmux
  dtab: /svc => /#/io.l5d.consul ; /svc => /svc
  servers: [{port: 4140, ip: localhost}]
- protocol: http
  interpreter: {kind: io.l5d.mesh, transformers: [{kind: io.l5d.prot}]}
  servers: [{port: 4140}]
`
	want := []string{
		"2:3: namers[0]: fs: root directory: open /does/not/exist: no such file or directory",
		"4:9: namers[1].kind: io.l5d.consul is not supported: Consul answers SRV queries, so io.l5d.dnssrv with its port 8600 in dnsHosts finds the same instances",
		"5:18: namers[1].transformers[0].port: is required",
		"6:8: usage: has no effect: usage is never reported",
		"8:9: telemetry[0].kind: io.zipkin.kafka is not supported: send spans to Zipkin itself: io.zipkin.http",
		"10:13: routers[0].protocol: h2 is not supported: there is no HTTP/2 yet; its routers go on in Linkerd, beside this hop",
		"12:17: routers[0].dtab: is not a dtab: simple expected but ';' found at '/svc => [;]'",
		"13:16: routers[0].interpreter: fs: dtab file: stat /no/such.dtab: no such file or directory",
		"16:13: routers[1].protocol: thriftmux is not supported: only HTTP is proxied; its routers go on in Linkerd, beside this hop",
		"17:44: routers[1].dtab: error: names below /svc are rewritten for ever: /svc => /svc; /svc matches what it leads to; lead to a name that it does not match [loop]",
		"18:30: routers[1].servers[0].ip: must be an IP address such as 127.0.0.1 or 0.0.0.0, not \"localhost\"; write 127.0.0.1",
		"20:23: routers[2].interpreter.kind: io.l5d.mesh is not supported: put namerd's dtab into the router's, or into the dtabFile of io.l5d.fs, which may change while the hop runs",
		"20:58: routers[2].interpreter.transformers[0].kind: unknown kind \"io.l5d.prot\" (did you mean \"io.l5d.port\"?)",
		"21:20: routers[2].servers[0].port: port 4140 is taken by routers[0].servers[0] in line 14, at 127.0.0.1:4140",
	}
	if diff := cmp.Diff(want, check(t, text, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var inData []string
	for _, line := range want {
		if !strings.Contains(line, "no such file") {
			inData = append(inData, line)
		}
	}
	if diff := cmp.Diff(inData, check(t, text, true)); diff != "" {
		t.Errorf("without the disk (-want +got):\n%s", diff)
	}
}

// TestCheckSaysWhatLoadSays: a file that loads and builds checks without an
// error, and one that does not has the same errors and perhaps more.
func TestCheckSaysWhatLoadSays(t *testing.T) {
	files, err := filepath.Glob(fixtures + "corpus/*")
	if err != nil || len(files) == 0 {
		t.Skipf("NOT TESTED: the configurations of others are not at %scorpus", fixtures)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Load("f", data, config.Builtin())
		var wrong config.Errors
		for _, f := range config.Check(within(t, 5*time.Second), "f", data, config.Builtin(), nil) {
			if f.Error && f.Kind == "" {
				wrong = append(wrong, &config.Error{Position: f.Position, Path: f.Path, Reason: f.Text})
			}
		}
		if diff := cmp.Diff(lines(err), lines(wrong)); diff != "" {
			t.Errorf("%s: errors of Load and Check (-load +check):\n%s", filepath.Base(file), diff)
		}
	}
}

// TestEveryMissingKind: whatever Linkerd has and we do not is answered by what to
// do instead.
func TestEveryMissingKind(t *testing.T) {
	const router = "routers: [{protocol: http, servers: [{port: 0}]"
	for place, kinds := range map[string]string{
		"namers: [{kind: %}]\n" + router + "}]": "io.l5d.consul io.l5d.curator io.l5d.k8s.istio " +
			"io.l5d.marathon io.l5d.rancher io.l5d.serversets io.l5d.zkLeader",
		router + ", identifier: {kind: %}}]":             "io.l5d.k8s.istio io.l5d.k8s.istio-ingress",
		router + ", interpreter: {kind: %}}]":            "io.l5d.consul.interpreter io.l5d.k8s.istio io.l5d.mesh io.l5d.namerd io.l5d.namerd.http",
		"telemetry: [{kind: %}]\n" + router + "}]":       "io.zipkin.kafka",
		"routers: [{protocol: %, servers: [{port: 0}]}]": "h2 mux thrift thriftmux",
	} {
		for kind := range strings.FieldsSeq(kinds) {
			got := check(t, strings.Replace(place, "%", kind, 1), true)
			_, instead, found := strings.Cut(strings.Join(got, "\n"), kind+" is not supported: ")
			if len(got) != 1 || !found || strings.HasPrefix(instead, "available") || len(instead) < 20 {
				// A kind that has come to be here leaves this list.
				t.Errorf("%s: %q", kind, got)
			}
		}
	}
}

// TestLinkerdsDefaults: what only says what Linkerd does anyhow loads.
func TestLinkerdsDefaults(t *testing.T) {
	const text = `admin:
  ip: 127.0.0.1
  port: 9990
  shutdownGraceMs: 10000
  socketOptions: {noDelay: true, reuseAddr: true, reusePort: false}
  security: {uiEnabled: true, controlEnabled: true, diagnosticsEnabled: true, pathWhitelist: [], pathBlacklist: []}
routers:
- protocol: http
  label: http
  dstPrefix: /svc
  originator: no
  streamingEnabled: yes
  compressionLevel: -1
  streamAfterContentLengthKB: 5
  maxHeadersKB: 8
  maxInitialLineKB: 4
  maxErrResponseKB: 5120
  httpAccessLogRollPolicy: never
  httpAccessLogAppend: true
  httpAccessLogRotateCount: -1
  announcers: []
  bindingTimeoutMs: 10000
  client:
    failFast: off
    forwardClientCert: False
    socketOptions: {noDelay: on, reuseAddr: true}
    loadBalancer: {kind: p2c, maxEffort: 5, enableProbation: false}
    requeueBudget: {minRetriesPerSec: 10, percentCanRetry: 0.2, ttlSecs: 10}
  service:
    responseClassifier: {kind: io.l5d.http.nonRetryable5XX}
    retries: {budget: {minRetriesPerSec: 10, percentCanRetry: 0.2, ttlSecs: 10}, backoff: {kind: constant, ms: 0}}
  servers:
  - port: 4140
    ip: 127.0.0.1
    clearContext: No
    maxCallDepth: 1000
    socketOptions: {noDelay: true}
    announce: []
`
	want := []string{"13:21: routers[0].compressionLevel: responses are passed on as they come; Linkerd compresses texts for clients that accept gzip or deflate"}
	if diff := cmp.Diff(want, check(t, text, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAcceptedWithANotice: what changes neither where a request goes nor what it
// carries loads, builds, and is told.
func TestAcceptedWithANotice(t *testing.T) {
	const text = `telemetry:
- {kind: io.l5d.recentRequests, sampleRate: 0.25, capacity: 10}
- {kind: io.l5d.influxdb}
- {kind: io.l5d.statsd, experimental: true, prefix: l, hostname: 127.0.0.1, port: 8125, gaugeIntervalMs: 10000, sampleRate: 0.01}
admin:
  port: 0
  socketOptions: {noDelay: false, reuseAddr: false, reusePort: true, keepAlive: true, readTimeoutMs: 5, writeTimeoutMs: 5, backlog: 100}
routers:
- protocol: http
  originator: true
  streamAfterContentLengthKB: 10
  httpAccessLog: logs/access.log
  httpAccessLogRollPolicy: 10.megabytes
  httpAccessLogAppend: false
  httpAccessLogRotateCount: 5
  client: {failFast: true, requestAuthorizers: [], socketOptions: {noDelay: false, keepAlive: false, reusePort: true, readTimeoutMs: 5, backlog: 100}}
  servers: [{port: 0, label: x}]
`
	want := []string{
		"4:125: telemetry[2].sampleRate: has no effect: every event is counted, and the counts are sent once in gaugeIntervalMs",
		"7:46: admin.socketOptions.reuseAddr: has no effect: it is always true",
		"11:31: routers[0].streamAfterContentLengthKB: has no effect: every body is streamed, whatever its length",
		"16:22: routers[0].client.failFast: has no effect: failureAccrual marks endpoints dead that refuse connections",
		"16:113: routers[0].client.socketOptions.reusePort: has no effect in a client: nothing listens",
		"16:146: routers[0].client.socketOptions.backlog: has no effect in a client: nothing listens",
	}
	if diff := cmp.Diff(want, check(t, text, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, row := range []struct{ key, want string }{
		{"httpAccessLogRollPolicy: monthly", "1:66: routers[0].httpAccessLogRollPolicy: Invalid log roll policy: \"monthly\"; it must be never, sighup, hourly, daily, weekly(n) with n from 1 (Sunday) to 7, or a size such as 10.megabytes"},
		{"httpAccessLogRollPolicy: weekly(8)", "1:66: routers[0].httpAccessLogRollPolicy: Invalid log roll policy: \"weekly(8)\"; it must be never, sighup, hourly, daily, weekly(n) with n from 1 (Sunday) to 7, or a size such as 10.megabytes"},
		{"httpAccessLogRollPolicy: weekly(7)", ""},
		{"httpAccessLogRollPolicy: 1.Kilobyte", ""},
		{"httpAccessLogRollPolicy: sighup", ""},
		{"httpAccessLog: ''", "1:56: routers[0].httpAccessLog: must name a file, or \"-\" for standard output"},
		{"accessLogFormat: common", "1:58: routers[0].accessLogFormat: must be one of linkerd, combined, json, not \"common\""},
		{"accessLogFormat: json, accessLogScope: span", "1:80: routers[0].accessLogScope: must be one of attempt, request, not \"span\""},
		{"httpAccessLogRotateCount: -2", "1:67: routers[0].httpAccessLogRotateCount: must be from -1 to 2147483647, not -2"},
		{"client: {requestAuthorizers: [{kind: io.l5d.k8s.istio}]}", "1:50: routers[0].client.requestAuthorizers: is not supported: the interface of Istio that it uses no longer exists"},
	} {
		got := strings.Join(check(t, "routers: [{protocol: http, servers: [], "+row.key+"}]", true), "\n")
		got = strings.TrimPrefix(strings.Replace(got, "1:37: routers[0].servers: needs at least one server", "", 1), "\n")
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.key, got, row.want)
		}
	}
}
