package config_test

// whatLoads is nil for a file that loads.
func whatLoads() map[string][]string {
	return map[string][]string{
		"linkerd-1.7.5/access-logs.yaml": {
			`10:9: telemetry[0].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
			`15:3: routers[0].httpAccessLog: is not supported`,
			`23:3: routers[1].httpAccessLog: is not supported`,
		},
		"linkerd-1.7.5/admin-tls.yaml": {
			`6:3: admin.tls: is not supported`,
			`12:9: telemetry[0].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
		},
		"linkerd-1.7.5/admin.yaml": {
			`10:3: admin.security: is not supported`,
			`20:9: telemetry[0].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
			`48:11: routers[2].interpreter.kind: io.l5d.namerd is not supported; available: default, io.l5d.fs`,
		},
		"linkerd-1.7.5/client-options.yaml": {
			`29:7: routers[0].client.configs[2].socketOptions: is not supported`,
			`36:7: routers[0].client.configs[3].tls: is not supported`,
		},
		"linkerd-1.7.5/consul-interpreter.yaml": {
			`5:9: namers[0].kind: io.l5d.consul is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`14:11: routers[0].interpreter.kind: io.l5d.consul.interpreter is not supported; available: default, io.l5d.fs`,
		},
		"linkerd-1.7.5/consul.yaml": {
			`3:9: namers[0].kind: io.l5d.consul is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
		},
		"linkerd-1.7.5/curator.yaml": {
			`3:9: namers[0].kind: io.l5d.curator is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
		},
		"linkerd-1.7.5/disable-tls.yaml": {
			`16:7: routers[0].client.configs[0].tls: is not supported`,
			`19:7: routers[0].client.configs[1].tls: is not supported`,
		},
		"linkerd-1.7.5/fs.yaml": nil,
		"linkerd-1.7.5/h2.yaml": {
			`7:13: routers[0].protocol: h2 is not supported; available: http`,
		},
		"linkerd-1.7.5/h2spec.yaml": {
			`9:13: routers[0].protocol: h2 is not supported; available: http`,
		},
		"linkerd-1.7.5/http.yaml": {
			`8:3: routers[0].httpAccessLog: is not supported`,
			`9:3: routers[0].httpAccessLogRollPolicy: is not supported`,
			`10:3: routers[0].httpAccessLogAppend: is not supported`,
			`11:3: routers[0].httpAccessLogRotateCount: is not supported`,
			`14:3: routers[0].streamAfterContentLengthKB: is not supported: every body is streamed, whatever its length`,
			`15:21: routers[0].compressionLevel: is not supported: only 0, for answers are passed on as they come`,
			`22:5: routers[0].servers[0].addForwardedHeader: is not supported`,
		},
		"linkerd-1.7.5/influxdb.yaml": {
			`12:9: telemetry[0].kind: io.l5d.influxdb is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
		},
		"linkerd-1.7.5/k8s.yaml": {
			`4:9: namers[0].kind: io.l5d.k8s is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`8:9: namers[1].kind: io.l5d.k8s.external is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
		},
		"linkerd-1.7.5/loadbalancer.yaml": nil,
		"linkerd-1.7.5/marathon-leader.yaml": {
			`5:17: namers[0].kind: io.l5d.marathon is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
		},
		"linkerd-1.7.5/marathon.yaml": {
			`3:19: namers[0].kind: io.l5d.marathon is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
		},
		"linkerd-1.7.5/namerd-http.yaml": {
			`5:11: routers[0].interpreter.kind: io.l5d.namerd.http is not supported; available: default, io.l5d.fs`,
		},
		"linkerd-1.7.5/namerd-tls.yaml": {
			`12:11: routers[0].interpreter.kind: io.l5d.namerd is not supported; available: default, io.l5d.fs`,
			`24:11: routers[1].interpreter.kind: io.l5d.namerd.http is not supported; available: default, io.l5d.fs`,
			`38:11: routers[2].interpreter.kind: io.l5d.namerd.http is not supported; available: default, io.l5d.fs`,
			`55:11: routers[3].interpreter.kind: io.l5d.mesh is not supported; available: default, io.l5d.fs`,
		},
		"linkerd-1.7.5/namerd.yaml": {
			`6:11: routers[0].interpreter.kind: io.l5d.namerd is not supported; available: default, io.l5d.fs`,
			`15:11: routers[1].interpreter.kind: io.l5d.namerd.http is not supported; available: default, io.l5d.fs`,
			`25:11: routers[2].interpreter.kind: io.l5d.mesh is not supported; available: default, io.l5d.fs`,
		},
		"linkerd-1.7.5/prometheus.yaml": nil,
		"linkerd-1.7.5/proxy.yaml": {
			`21:7: routers[0].client.configs[0].tls: is not supported`,
		},
		"linkerd-1.7.5/recent-requests.yaml": {
			`12:9: telemetry[0].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
		},
		"linkerd-1.7.5/retries.yaml":   nil,
		"linkerd-1.7.5/rewriting.yaml": nil,
		"linkerd-1.7.5/serversets.yaml": {
			`4:9: namers[0].kind: io.l5d.serversets is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`11:3: routers[0].announcers: is not supported`,
			`26:7: routers[0].client.configs[0].tls: is not supported`,
			`31:5: routers[0].servers[0].announce: is not supported`,
		},
		"linkerd-1.7.5/service-options.yaml": nil,
		"linkerd-1.7.5/socket-options.yaml": {
			`10:5: routers[0].servers[0].socketOptions: is not supported`,
		},
		"linkerd-1.7.5/static_namer.yaml": nil,
		"linkerd-1.7.5/statsd.yaml": {
			`7:9: telemetry[0].kind: io.l5d.statsd is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
		},
		"linkerd-1.7.5/thrift.yaml": {
			`10:13: routers[0].protocol: thrift is not supported; available: http`,
		},
		"linkerd-1.7.5/thriftmux.yaml": {
			`10:13: routers[0].protocol: thriftmux is not supported; available: http`,
		},
		"linkerd-1.7.5/tls.yaml": {
			`15:7: routers[0].client.configs[0].tls: is not supported`,
			`21:5: routers[0].servers[0].tls: is not supported`,
		},
		"linkerd-1.7.5/tracelog.yaml": nil,
		"linkerd-1.7.5/zipkin.yaml":   nil,
		"linkerd-examples/add-steps_linkerd.yml": {
			`12:9: telemetry[1].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
		},
		"linkerd-examples/failure-accrual_linkerd.yml": {
			`11:9: telemetry[1].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
		},
		"linkerd-examples/http-proxy_linkerd.yaml":                  nil,
		"linkerd-examples/k8s-daemonset_k8s_hello-world-legacy.yml": {noConfiguration},
		"linkerd-examples/k8s-daemonset_k8s_hello-world.yml":        {noConfiguration},
		"linkerd-examples/k8s-daemonset_k8s_linkerd-ingress-controller.yml": {
			`6:9: namers[0].kind: io.l5d.k8s is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`11:11: routers[0].identifier.kind: io.l5d.ingress is not supported; available: io.l5d.header, io.l5d.header.token, io.l5d.methodAndHost, io.l5d.path, io.l5d.static`,
		},
		"linkerd-examples/k8s-daemonset_k8s_linkerd-latency.yml": {
			`6:9: namers[0].kind: io.l5d.k8s is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`10:9: telemetry[1].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
			`27:13: routers[0].interpreter.transformers[0].kind: io.l5d.k8s.daemonset is not supported; available: io.l5d.const, io.l5d.k8s.localnode, io.l5d.localhost, io.l5d.port, io.l5d.replace, io.l5d.specificHost`,
		},
		"linkerd-examples/k8s-daemonset_k8s_linkerd-zipkin.yml": {
			`6:9: namers[0].kind: io.l5d.k8s is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`16:9: telemetry[2].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
			`33:13: routers[0].interpreter.transformers[0].kind: io.l5d.k8s.daemonset is not supported; available: io.l5d.const, io.l5d.k8s.localnode, io.l5d.localhost, io.l5d.port, io.l5d.replace, io.l5d.specificHost`,
		},
		"linkerd-examples/k8s-daemonset_k8s_linkerd.yml": {
			`6:9: namers[0].kind: io.l5d.k8s is not supported; available: io.l5d.dnssrv, io.l5d.fs, io.l5d.rewrite`,
			`12:9: telemetry[1].kind: io.l5d.recentRequests is not supported; available: io.l5d.prometheus, io.l5d.tracelog, io.l5d.zipkin, io.zipkin.http`,
			`29:13: routers[0].interpreter.transformers[0].kind: io.l5d.k8s.daemonset is not supported; available: io.l5d.const, io.l5d.k8s.localnode, io.l5d.localhost, io.l5d.port, io.l5d.replace, io.l5d.specificHost`,
		},
		"linkerd-examples/k8s-daemonset_k8s_node-name-test.yml": {noConfiguration},
		"linkerd-examples/k8s-daemonset_k8s_zipkin.yml":         {noConfiguration},
	}
}
