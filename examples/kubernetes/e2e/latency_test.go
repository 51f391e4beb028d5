package e2e

import (
	"regexp"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// latency is part X of the series, "The Service Mesh API": each service has a time
// limit of its own in the configuration. How the article goes on, with limits that
// change at run time, needs namerd.
func latency(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd-rbac.yml", "hello-world-latency.yml", "linkerd-latency.yml"))
	s.apply("linkerd-rbac.yml", "hello-world-latency.yml", "linkerd-latency.yml")
	s.ready(4)
	s.address("L5D_INGRESS_LB", "svc l5d")
	s.until(helloWorld.String(), `curl -s $L5D_INGRESS_LB:4140 -H "Host: hello"`)
	s.until(world.String(), `curl -s $L5D_INGRESS_LB:4140 -H "Host: world"`)

	// The article's text has "to unspecified" in these, as Linkerd 1.0 had.
	for _, one := range []struct{ service, latency, limit string }{
		{"hello", "600ms", "600.milliseconds"},
		{"world", "100ms", "100.milliseconds"},
	} {
		s.until(`^ok$`, `curl -s "$L5D_INGRESS_LB:4140/setLatency?latency=`+one.latency+`" -X POST -H "Host: `+one.service+`"`)
		s.until(`^exceeded `+regexp.QuoteMeta(one.limit+` to /svc/`+one.service+
			` while waiting for a response for the request, including retries (if applicable). Remote Info: Not Available`)+`\s*503$`,
			`curl -s -w '\n%{http_code}' $L5D_INGRESS_LB:4140 -H "Host: `+one.service+`"`)
	}
}
