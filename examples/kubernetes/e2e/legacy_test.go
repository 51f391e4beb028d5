package e2e

import (
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// legacy is what the articles give to those whose Kubernetes cannot tell a pod the
// name of its node, or whose DNS does not know it: the pod asks the API for its
// node's address, by the script hostIP.sh of its image. Ours is a program that does
// the same; see programs/hostip.
func legacy(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd.yml", "hello-world-legacy.yml", "api-legacy.yml"))
	s.apply("linkerd.yml", "hello-world-legacy.yml", "api-legacy.yml")
	s.ready(11)
	s.address("L5D_INGRESS_LB", "svc l5d")
	s.until(helloWorld.String(), `http_proxy=http://$L5D_INGRESS_LB:4140 curl -s http://hello`)
	s.until(api.String(), `http_proxy=http://$L5D_INGRESS_LB:4140 curl -s http://api`)
	enterAtHome(s, call(t, b))
}
