package config

// family is a table of kinds.
type family uint8

const (
	namers family = iota
	identifiers
	interpreters
	transformers
	telemeters
	balancers
	propagators
	accruals
	backoffs
	classifiers
)

// linkerdKinds are the kinds that Linkerd 1.7 knows: such a kind is told to be
// missing here rather than misspelt.
func linkerdKinds(f family) []string {
	switch f {
	case namers:
		return []string{"io.l5d.consul", "io.l5d.curator", "io.l5d.dnssrv", "io.l5d.fs", "io.l5d.k8s", "io.l5d.k8s.external", "io.l5d.k8s.istio",
			"io.l5d.k8s.ns", "io.l5d.marathon", "io.l5d.rancher", "io.l5d.rewrite", "io.l5d.serversets", "io.l5d.zkLeader"}
	case identifiers:
		return []string{"io.l5d.header", "io.l5d.header.token", "io.l5d.ingress", "io.l5d.k8s.istio", "io.l5d.k8s.istio-ingress",
			"io.l5d.methodAndHost", "io.l5d.path", "io.l5d.static"}
	case interpreters:
		return []string{"default", "io.l5d.consul.interpreter", "io.l5d.fs", "io.l5d.k8s.configMap", "io.l5d.k8s.istio", "io.l5d.mesh",
			"io.l5d.namerd", "io.l5d.namerd.http"}
	case transformers:
		return []string{"io.l5d.const", "io.l5d.k8s.daemonset", "io.l5d.k8s.localnode", "io.l5d.localhost", "io.l5d.port", "io.l5d.replace",
			"io.l5d.specificHost"}
	case telemeters:
		return []string{"io.l5d.influxdb", "io.l5d.prometheus", "io.l5d.recentRequests", "io.l5d.statsd", "io.l5d.tracelog", "io.l5d.zipkin",
			"io.zipkin.http", "io.zipkin.kafka"}
	case balancers:
		return []string{"aperture", "ewma", "heap", "p2c", "roundRobin"}
	case accruals:
		return []string{"io.l5d.consecutiveFailures", "io.l5d.successRate", "io.l5d.successRateWindowed", "none"}
	case backoffs:
		return []string{"constant", "jittered"}
	case classifiers:
		return []string{"io.l5d.http.allSuccessful", "io.l5d.http.nonRetryable5XX", "io.l5d.http.retryableAll5XX",
			"io.l5d.http.retryableIdempotent5XX", "io.l5d.http.retryableRead5XX"}
	default: // propagators
		return []string{"io.l5d.default", "io.l5d.zipkin"}
	}
}

// linkerdProtocols are the router protocols that Linkerd 1.7 knows.
func linkerdProtocols() []string { return []string{"h2", "http", "mux", "thrift", "thriftmux"} }

// linkerdUtilities are the names below /$/ that Linkerd 1.7 knows.
func linkerdUtilities() []string {
	return []string{"fail", "fixedinet", "inet", "io.buoyant.hostportPfx", "io.buoyant.http.anyHost", "io.buoyant.http.anyHostPfx",
		"io.buoyant.http.anyMethod", "io.buoyant.http.anyMethodPfx", "io.buoyant.http.domainToPath", "io.buoyant.http.domainToPathPfx",
		"io.buoyant.http.status", "io.buoyant.http.subdomainOf", "io.buoyant.http.subdomainOfPfx", "io.buoyant.namer.zk.leader",
		"io.buoyant.porthostPfx", "io.buoyant.rinet", "nil"}
}
