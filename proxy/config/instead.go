package config

// insteadOf returns half a sentence that says what to use in place of a kind of Linkerd's
// that is not supported, or "" if there is no better advice than the list of kinds.
func insteadOf(f family, kind string) string {
	const (
		files = "have the addresses written to files for io.l5d.fs"
		dtabs = "put namerd's dtab into the router's, or into the dtabFile of io.l5d.fs, which may change while the hop runs"
	)
	switch f {
	case namers:
		switch kind {
		case "io.l5d.consul":
			return "Consul answers SRV queries, so io.l5d.dnssrv with its port 8600 in dnsHosts finds the same instances"
		case "io.l5d.marathon":
			return "Mesos-DNS answers SRV queries, so io.l5d.dnssrv finds the same tasks"
		case "io.l5d.curator", "io.l5d.serversets", "io.l5d.zkLeader":
			return "nothing here reads ZooKeeper; " + files
		case "io.l5d.rancher":
			return files
		case "io.l5d.k8s.istio":
			return "the interface of Istio that it uses no longer exists; route by a dtab"
		}
	case identifiers:
		switch kind {
		case "io.l5d.k8s.istio", "io.l5d.k8s.istio-ingress":
			return "the interface of Istio that it uses no longer exists"
		}
	case interpreters:
		switch kind {
		case "io.l5d.namerd", "io.l5d.namerd.http", "io.l5d.mesh":
			return dtabs
		case "io.l5d.consul.interpreter":
			return "have the dtab written to a file for io.l5d.fs, as consul-template does"
		case "io.l5d.k8s.istio":
			return "the interface of Istio that it uses no longer exists; route by a dtab"
		}
	case telemeters:
		if kind == "io.zipkin.kafka" {
			return "send spans to Zipkin itself: io.zipkin.http"
		}
	}
	return ""
}

// insteadOfProtocol is insteadOf for the protocols of routers.
func insteadOfProtocol() string {
	return "only HTTP is proxied; its routers go on in Linkerd, beside this hop"
}
