// Package linkerd knows what a configuration of Linkerd 1.7 may name.
package linkerd

// Kinds are the values of the key kind, by family. The caller owns the table.
type Kinds struct {
	Namers, Identifiers, Interpreters, Transformers, Telemeters    []string
	Balancers, FailureAccruals, Backoffs, Classifiers, Propagators []string
}

// AllKinds returns the kinds of Linkerd 1.7.
func AllKinds() Kinds {
	return Kinds{
		Namers: []string{"io.l5d.consul", "io.l5d.curator", "io.l5d.dnssrv", "io.l5d.fs", "io.l5d.k8s", "io.l5d.k8s.external", "io.l5d.k8s.istio",
			"io.l5d.k8s.ns", "io.l5d.marathon", "io.l5d.rancher", "io.l5d.rewrite", "io.l5d.serversets", "io.l5d.zkLeader"},
		Identifiers: []string{"io.l5d.header", "io.l5d.header.path", "io.l5d.header.token", "io.l5d.ingress", "io.l5d.k8s.istio", "io.l5d.k8s.istio-ingress",
			"io.l5d.methodAndHost", "io.l5d.path", "io.l5d.static"},
		Interpreters: []string{"default", "io.l5d.consul.interpreter", "io.l5d.fs", "io.l5d.k8s.configMap", "io.l5d.k8s.istio", "io.l5d.mesh",
			"io.l5d.namerd", "io.l5d.namerd.http"},
		Transformers: []string{"io.l5d.const", "io.l5d.k8s.daemonset", "io.l5d.k8s.localnode", "io.l5d.localhost", "io.l5d.port", "io.l5d.replace",
			"io.l5d.specificHost"},
		Telemeters: []string{"io.l5d.influxdb", "io.l5d.prometheus", "io.l5d.recentRequests", "io.l5d.statsd", "io.l5d.tracelog", "io.l5d.zipkin",
			"io.zipkin.http", "io.zipkin.kafka"},
		Balancers:       []string{"aperture", "ewma", "heap", "p2c", "roundRobin"},
		FailureAccruals: []string{"io.l5d.consecutiveFailures", "io.l5d.successRate", "io.l5d.successRateWindowed", "none"},
		Backoffs:        []string{"constant", "jittered"},
		Classifiers: []string{"io.l5d.h2.allSuccessful", "io.l5d.h2.grpc.alwaysRetryable", "io.l5d.h2.grpc.compliant", "io.l5d.h2.grpc.default",
			"io.l5d.h2.grpc.neverRetryable", "io.l5d.h2.grpc.retryableStatusCodes", "io.l5d.h2.nonRetryable5XX", "io.l5d.h2.retryableAll5XX",
			"io.l5d.h2.retryableIdempotent5XX", "io.l5d.h2.retryableRead5XX", "io.l5d.http.allSuccessful", "io.l5d.http.nonRetryable5XX", "io.l5d.http.retryableAll5XX",
			"io.l5d.http.retryableIdempotent5XX", "io.l5d.http.retryableRead5XX"},
		Propagators: []string{"io.l5d.default", "io.l5d.zipkin"},
	}
}

// Protocols are the protocols of routers that Linkerd 1.7 knows.
func Protocols() []string { return []string{"h2", "http", "mux", "thrift", "thriftmux"} }

// Utilities are the names below /$/ that Linkerd 1.7 knows.
func Utilities() []string {
	return []string{"fail", "fixedinet", "inet", "io.buoyant.hostportPfx", "io.buoyant.http.anyHost", "io.buoyant.http.anyHostPfx",
		"io.buoyant.http.anyMethod", "io.buoyant.http.anyMethodPfx", "io.buoyant.http.domainToPath", "io.buoyant.http.domainToPathPfx",
		"io.buoyant.http.status", "io.buoyant.http.subdomainOf", "io.buoyant.http.subdomainOfPfx", "io.buoyant.namer.zk.leader",
		"io.buoyant.porthostPfx", "io.buoyant.rinet", "nil"}
}
