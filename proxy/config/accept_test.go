package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestAccepted is about forms of a file that differ from the usual one.
func TestAccepted(t *testing.T) {
	for _, row := range []struct{ name, in, json string }{
		{"JSON with tabs", "{\n\t\"routers\": [\n\t\t{\"protocol\": \"http\", \"servers\": [{\"port\": 4140}]}\n\t]\n}\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}]}]}`},
		{"quoted numbers and booleans", "routers: [{protocol: http, servers: [{port: '4140', clearContext: \"true\"}]}]",
			`{"routers":[{"protocol":"http","servers":[{"port":"4140","clearContext":"true"}]}]}`},
		{"text that looks like something else", valid + "  label: 1.10\nusage: {orgId: 010, enabled: TRUE}\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}],"label":1.10}],"usage":{"orgId":"010","enabled":true}}`},
		{"keys without a value", "admin:\nnamers:\ntelemetry: ~\n" + valid + "  dtab:\n  identifier: null\n  client:\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}]}]}`},
		{"aliases", "routers:\n- &r\n  protocol: http\n  label: &l a\n  servers: [{port: 1, ip: &ip 10.0.0.1}]\n- {protocol: http, label: b, servers: [{port: 2, ip: *ip}]}\nusage: {orgId: *l}\n",
			`{"routers":[{"protocol":"http","label":"a","servers":[{"port":1,"ip":"10.0.0.1"}]},{"protocol":"http","label":"b","servers":[{"port":2,"ip":"10.0.0.1"}]}],"usage":{"orgId":"a"}}`},
		{"secrets", "telemetry:\n- {kind: io.opentelemetry.otlp, headers: {Authorization: &s s3cret, n: 1, empty: }, serviceName: *s, resource: {a: 2}}\n" + valid,
			`{"telemetry":[{"kind":"io.opentelemetry.otlp","headers":{"Authorization":"***","n":"***"},"serviceName":"s3cret","resource":{"a":2}}],"routers":[{"protocol":"http","servers":[{"port":4140}]}]}`},
		{"document marks, BOM, CRLF", "\ufeff---\r\nrouters:\r\n- protocol: http\r\n  servers:\r\n  - port: 4140\r\n...\r\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}]}]}`},
		{"what there is by nature", valid + "  streamingEnabled: true\n  compressionLevel: 0\n  originator: false\n  experimental: true\n  maxHeadersKB: 16\n" +
			"  bindingCache: {paths: 1, trees: 2, bounds: 3, clients: 4, idleTtlSecs: 5}\n" +
			"  client: {kind: io.l5d.global, loadBalancer: {kind: p2c, enableProbation: false}, failureAccrual: {kind: none}, failFast: false, forwardClientCert: false}\n  service: {kind: io.l5d.global}\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}],"streamingEnabled":true,"compressionLevel":0,"originator":false,"experimental":true,"maxHeadersKB":16,` +
				`"bindingCache":{"paths":1,"trees":2,"bounds":3,"clients":4,"idleTtlSecs":5},` +
				`"client":{"kind":"io.l5d.global","loadBalancer":{"kind":"p2c","enableProbation":false},"failureAccrual":{"kind":"none"},"failFast":false,"forwardClientCert":false},"service":{"kind":"io.l5d.global"}}]}`},
		{"balancers", valid + clients(
			"loadBalancer: {kind: p2c, maxEffort: 0}",
			"loadBalancer: {kind: ewma, maxEffort: 10, decayTimeMs: 15000}",
			"loadBalancer: {kind: aperture, maxEffort: 1, smoothWindowMs: 1, lowLoad: 0, highLoad: '0.1', minAperture: 100}",
			"loadBalancer: {kind: heap}",
			"loadBalancer: {kind: roundRobin, maxEffort: 3}"),
			`{"routers":[{"protocol":"http","servers":[{"port":4140}]},` +
				`{"client":{"loadBalancer":{"kind":"p2c","maxEffort":0}},"label":"r0","protocol":"http","servers":[{"port":5000}]},` +
				`{"client":{"loadBalancer":{"kind":"ewma","maxEffort":10,"decayTimeMs":15000}},"label":"r1","protocol":"http","servers":[{"port":5001}]},` +
				`{"client":{"loadBalancer":{"kind":"aperture","maxEffort":1,"smoothWindowMs":1,"lowLoad":0,"highLoad":"0.1","minAperture":100}},"label":"r2","protocol":"http","servers":[{"port":5002}]},` +
				`{"client":{"loadBalancer":{"kind":"heap"}},"label":"r3","protocol":"http","servers":[{"port":5003}]},` +
				`{"client":{"loadBalancer":{"kind":"roundRobin","maxEffort":3}},"label":"r4","protocol":"http","servers":[{"port":5004}]}]}`},
		{"no grace, and the usual propagator", "admin: {shutdownGraceMs: 0}\n" + valid + "  tracePropagator: {kind: io.l5d.default}\n",
			`{"admin":{"shutdownGraceMs":0},"routers":[{"protocol":"http","servers":[{"port":4140}],"tracePropagator":{"kind":"io.l5d.default"}}]}`},
		{"control characters in the answer", valid + "  label: \"a\\u2028\\t<b>\"\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}],"label":"a\u2028\t<b>"}]}`},
		{"folded dtab", valid + "  dtab: >-\n    /svc => /host;\n    /host => /$/inet/127.1/1;\n",
			`{"routers":[{"protocol":"http","servers":[{"port":4140}],"dtab":"/svc => /host; /host => /$/inet/127.1/1;"}]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			file, err := config.Load("f", []byte(row.in), config.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.json, string(file.JSON())); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
			mesh, err := file.Build(config.BuildOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := mesh.Close(within(t, 5*time.Second)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNotices(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     []string
	}{
		{"none", valid + "  dtab: /svc => /$/inet/127.1/1\n", nil},
		{"all of them, in order", "usage: {enabled: false}\nadmin: {workerThreads: 2}\ntelemetry:\n- {kind: io.l5d.zipkin, host: zipkin, port: 9410}\n- kind: io.l5d.zipkin\n" +
			"- {kind: io.l5d.zipkin, host: '::1', port: 1234}\n- {kind: io.l5d.zipkin, port: 9411, sampleRate: 1}\n- {kind: io.l5d.tracelog, level: debug}\n" +
			valid,
			[]string{
				"1:8: usage: has no effect: usage is never reported",
				"2:24: admin.workerThreads: has no effect: requests need no threads here",
				"4:45: telemetry[0].port: spans go by Scribe if there is one at zipkin:9410, else by HTTP to zipkin:9411; set transport to scribe or http to choose",
				"5:3: telemetry[1]: spans go by Scribe if there is one at localhost:9410, else by HTTP to localhost:9411; set transport to scribe or http to choose",
				"6:44: telemetry[2].port: spans go to [::1]:1234 by HTTP (POST /api/v2/spans), not by Scribe",
				"8:34: telemetry[4].level: is written in each line but filters none: there is no log level here",
			}},
		{"a tracelog that wants more", "telemetry:\n- kind: io.l5d.tracelog\n- {kind: io.zipkin.http, initialSampleRate: 0.5}\n" + valid,
			[]string{"2:3: telemetry[0]: gets the traces that the other telemeters sample, and no more: its own sampleRate does not count beside theirs"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			file, err := config.Load("f", []byte(row.in), config.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range file.Notices {
				got = append(got, n.String()[len("f:"):])
			}
			expectLines(t, row.want, got...)
		})
	}
}
