package e2e

import (
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// hostNetwork is the article's mesh for networks like those of Calico and Weave,
// where pods of a node do not share a /24: the hops are in the nodes' own networks,
// and pods belong to nodes by name.
func hostNetwork(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd-rbac.yml", "linkerd-cni.yml", "linkerd-cni-legacy.yml", "hello-world.yml"))
	s.apply("linkerd-rbac.yml", "hello-world.yml")
	c := call(t, b)
	for _, file := range []string{"linkerd-cni.yml", "linkerd-cni-legacy.yml"} {
		s.apply(file)
		s.sh(`kubectl rollout status ds/l5d`)
		s.ready(8)
		lb := s.address("L5D_INGRESS_LB", "svc l5d")
		s.until(helloWorld.String(), `http_proxy=http://$L5D_INGRESS_LB:4140 curl -s http://hello`)
		for _, hop := range s.onBothNodes("l5d") {
			if want := map[string]string{"node1": "172.30.0.11", "node2": "172.30.0.12"}[hop.node]; hop.ip != want {
				t.Errorf("the hop of %s is at %s, want the node's own address", hop.node, hop.ip)
			}
		}
		enterAtHome(s, c)
		for range 20 {
			if body := c.answer("http://"+lb+":4140/", "Host: hello"); !helloWorld.MatchString(body) {
				t.Error(body)
			}
		}
		s.until(`then MetadataFiltertingNameTreeTransformer\s+/%/io\.l5d\.k8s\.localnode/node1/#/io\.l5d\.k8s/default/http/hello`, `curl -s "http://172.30.0.11:9990/explain?router=incoming&url=http://hello/"`)
	}
}
