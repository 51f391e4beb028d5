package e2e

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// helloWorld is the answer of the two services, with the pods' addresses.
var helloWorld = regexp.MustCompile(`^Hello \((10\.196\.[12]\.\d+)\) world \((10\.196\.[12]\.\d+)\)!!$`)

// article is "Distributed tracing made easy" as its reader types it, with its own
// manifests: one request is one trace of eight spans in Zipkin, which get there by
// Scribe, as the Service zipkin-collector has no other port.
func article(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd-rbac.yml", "zipkin.yml", "linkerd-zipkin.yml", "node-name-test.yml", "hello-world.yml"))
	s.apply("linkerd-rbac.yml", "zipkin.yml")
	s.until(`^172\.30\.1\.\d+$`, `ZIPKIN_LB=$(kubectl get svc zipkin -o jsonpath="{.status.loadBalancer.ingress[0].ip}"); echo $ZIPKIN_LB`)
	s.until(`^\[\]$`, `curl -s http://$ZIPKIN_LB/api/v2/services`)

	s.apply("linkerd-zipkin.yml")
	s.until(`^172\.30\.1\.\d+$`, `L5D_INGRESS_LB=$(kubectl get svc l5d -o jsonpath="{.status.loadBalancer.ingress[0].ip}"); echo $L5D_INGRESS_LB`)
	s.until(`^pong$`, `curl -s http://$L5D_INGRESS_LB:9990/admin/ping`)

	s.apply("node-name-test.yml")
	s.until(`Address: 172\.30\.0\.1[12]$`, `kubectl logs node-name-test`)

	s.apply("hello-world.yml")
	s.until(`^(\S+ +\d+/\d+ +(Running|Completed) .*\n?){10}$`, `kubectl get pods --no-headers`)
	answer := s.until(helloWorld.String(), `http_proxy=http://$L5D_INGRESS_LB:4140 curl -s http://hello`)
	z := zipkin{s: s, addr: s.sh(`echo $ZIPKIN_LB`), seen: map[string]bool{}}
	first := z.trace(answer)
	z.check(first, answer)
	fmt.Fprintf(t.Output(), "one trace of %d spans:\n%s", len(first), table(first))

	// Without a load balancer.
	s.sh(`HOST_IP=$(kubectl get po -l app=l5d -o jsonpath="{.items[0].status.hostIP}")`)
	s.until(helloWorld.String(), `http_proxy=http://$HOST_IP:$(kubectl get svc l5d -o 'jsonpath={.spec.ports[0].nodePort}') curl -s http://hello`)
	s.until(`^pong$`, `curl -s http://$HOST_IP:$(kubectl get svc l5d -o 'jsonpath={.spec.ports[2].nodePort}')/admin/ping`)

	// Over both nodes, each request is one trace.
	var answers []string
	nodes := map[string]bool{}
	for range 8 {
		answer := s.until(helloWorld.String(), `http_proxy=http://$L5D_INGRESS_LB:4140 curl -s http://hello`)
		answers = append(answers, answer)
		for _, ip := range helloWorld.FindStringSubmatch(answer)[1:] {
			nodes[subnet(ip)] = true
		}
	}
	for _, answer := range answers {
		z.check(z.trace(answer), answer)
	}
	if len(nodes) != 2 {
		t.Errorf("the pods that answered are on %v, want both nodes", nodes)
	}
}
