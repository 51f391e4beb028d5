package config_test

// whatLoads is nil for a file that loads.
func whatLoads() map[string][]string {
	return map[string][]string{
		"linkerd-1.7.5/access-logs.yaml": nil,
		"linkerd-1.7.5/admin-tls.yaml":   nil,
		"linkerd-1.7.5/admin.yaml": {
			`48:11: routers[2].interpreter.kind: io.l5d.namerd is not supported`,
		},
		"linkerd-1.7.5/client-options.yaml": nil,
		"linkerd-1.7.5/consul-interpreter.yaml": {
			`5:9: namers[0].kind: io.l5d.consul is not supported`,
			`14:11: routers[0].interpreter.kind: io.l5d.consul.interpreter is not supported`,
		},
		"linkerd-1.7.5/consul.yaml": {
			`3:9: namers[0].kind: io.l5d.consul is not supported`,
		},
		"linkerd-1.7.5/curator.yaml": {
			`3:9: namers[0].kind: io.l5d.curator is not supported`,
		},
		"linkerd-1.7.5/disable-tls.yaml": nil,
		"linkerd-1.7.5/fs.yaml":          nil,
		"linkerd-1.7.5/h2.yaml":          nil,
		"linkerd-1.7.5/h2spec.yaml":      nil,
		"linkerd-1.7.5/http.yaml": {
			`15:21: routers[0].compressionLevel: is not supported`,
		},
		"linkerd-1.7.5/influxdb.yaml":     nil,
		"linkerd-1.7.5/k8s.yaml":          nil,
		"linkerd-1.7.5/loadbalancer.yaml": nil,
		"linkerd-1.7.5/marathon-leader.yaml": {
			`5:17: namers[0].kind: io.l5d.marathon is not supported`,
		},
		"linkerd-1.7.5/marathon.yaml": {
			`3:19: namers[0].kind: io.l5d.marathon is not supported`,
		},
		"linkerd-1.7.5/namerd-http.yaml": {
			`5:11: routers[0].interpreter.kind: io.l5d.namerd.http is not supported`,
		},
		"linkerd-1.7.5/namerd-tls.yaml": {
			`12:11: routers[0].interpreter.kind: io.l5d.namerd is not supported`,
			`24:11: routers[1].interpreter.kind: io.l5d.namerd.http is not supported`,
			`38:11: routers[2].interpreter.kind: io.l5d.namerd.http is not supported`,
			`55:11: routers[3].interpreter.kind: io.l5d.mesh is not supported`,
		},
		"linkerd-1.7.5/namerd.yaml": {
			`6:11: routers[0].interpreter.kind: io.l5d.namerd is not supported`,
			`15:11: routers[1].interpreter.kind: io.l5d.namerd.http is not supported`,
			`25:11: routers[2].interpreter.kind: io.l5d.mesh is not supported`,
		},
		"linkerd-1.7.5/prometheus.yaml":      nil,
		"linkerd-1.7.5/proxy.yaml":           nil,
		"linkerd-1.7.5/recent-requests.yaml": nil,
		"linkerd-1.7.5/retries.yaml":         nil,
		"linkerd-1.7.5/rewriting.yaml":       nil,
		"linkerd-1.7.5/serversets.yaml": {
			`4:9: namers[0].kind: io.l5d.serversets is not supported`,
			`11:3: routers[0].announcers: is not supported`,
			`31:5: routers[0].servers[0].announce: is not supported`,
		},
		"linkerd-1.7.5/service-options.yaml": nil,
		"linkerd-1.7.5/socket-options.yaml":  nil,
		"linkerd-1.7.5/static_namer.yaml":    nil,
		"linkerd-1.7.5/statsd.yaml":          nil,
		"linkerd-1.7.5/thrift.yaml": {
			`10:13: routers[0].protocol: thrift is not supported`,
		},
		"linkerd-1.7.5/thriftmux.yaml": {
			`10:13: routers[0].protocol: thriftmux is not supported`,
		},
		"linkerd-1.7.5/tls.yaml":                                            nil,
		"linkerd-1.7.5/tracelog.yaml":                                       nil,
		"linkerd-1.7.5/zipkin.yaml":                                         nil,
		"linkerd-examples/add-steps_linkerd.yml":                            nil,
		"linkerd-examples/failure-accrual_linkerd.yml":                      nil,
		"linkerd-examples/http-proxy_linkerd.yaml":                          nil,
		"linkerd-examples/k8s-daemonset_k8s_hello-world-legacy.yml":         {noConfiguration},
		"linkerd-examples/k8s-daemonset_k8s_hello-world.yml":                {noConfiguration},
		"linkerd-examples/k8s-daemonset_k8s_linkerd-ingress-controller.yml": nil,
		"linkerd-examples/k8s-daemonset_k8s_linkerd-latency.yml":            nil,
		"linkerd-examples/k8s-daemonset_k8s_linkerd-zipkin.yml":             nil,
		"linkerd-examples/k8s-daemonset_k8s_linkerd.yml":                    nil,
		"linkerd-examples/k8s-daemonset_k8s_node-name-test.yml":             {noConfiguration},
		"linkerd-examples/k8s-daemonset_k8s_zipkin.yml":                     {noConfiguration},
	}
}
