package e2e

import (
	"context"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// nodes is part II of the series, "Pods are great, until they're not": a service
// calls through the hop of its own node, which calls the one of the callee's node;
// and where one of two hops is stopped, only the callers of its node suffer.
func nodes(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd.yml", "hello-world.yml"))
	s.apply("linkerd.yml", "hello-world.yml")
	s.ready(8)
	s.address("L5D_INGRESS_LB", "svc l5d")
	s.until(helloWorld.String(), `http_proxy=$L5D_INGRESS_LB:4140 curl -s http://hello`)
	s.until(`io\.l5d\.k8s\.daemonset`, `curl -s "http://$L5D_INGRESS_LB:9990/explain?router=outgoing&url=http://hello/"`)

	c := call(t, b)
	hello := s.onBothNodes("hello")
	enterAtHome(s, c)

	// The hop of node2 has to go, and that of node1 must not be touched.
	var callers []*stream
	for _, p := range hello {
		if p.node == "node1" {
			callers = append(callers, c.stream("http://"+p.ip+":7777/"))
		}
	}
	there := s.sh(`kubectl get pods -l app=l5d --field-selector spec.nodeName=node1 -o name`)
	s.sh(`kubectl label node node1 hop=yes`)
	t.Cleanup(func() { b.Sh(context.Background(), "/", "kubectl label node node1 node2 hop-") })
	s.sh(`kubectl patch ds l5d -p '{"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}, "template": {"spec": {"nodeSelector": {"hop": "yes"}}}}}'`)
	s.until(`^`+there+`$`, `kubectl get pods -l app=l5d -o name`)
	for _, p := range hello {
		if p.node == "node2" {
			s.until(`connection refused`, `curl -s http://`+p.ip+`:7777`)
		}
	}
	// There is still a way in, and one to hello, wherever the load balancer leads.
	s.until(helloWorld.String(), `http_proxy=$L5D_INGRESS_LB:4140 curl -s http://hello`)

	s.sh(`kubectl label node node2 hop=yes`)
	for _, p := range hello {
		s.until(helloWorld.String(), `curl -s http://`+p.ip+`:7777`)
	}
	for _, stream := range callers {
		stream.none(t)
	}
}

// enterAtHome asks each pod of hello, without a hop: its own request for world
// enters the mesh at the hop of its node, and comes to world by the hop of the
// node of the pod that answers.
func enterAtHome(s *session, c *caller) {
	s.t.Helper()
	hops := s.onBothNodes("l5d")
	at := map[string]string{} // the nodes of the pods of world, by address
	for _, p := range s.onBothNodes("world-v1") {
		at[p.ip] = p.node
	}
	for _, p := range s.onBothNodes("hello") {
		c.grow(func() map[string]int { return c.requests(hops) }, func() map[string]int {
			want := map[string]int{}
			for range 10 {
				body := c.answer("http://" + p.ip + ":7777/")
				found := helloWorld.FindStringSubmatch(body)
				if found == nil || found[1] != p.ip || at[found[2]] == "" {
					s.t.Fatalf("pod %s answers %s", p.ip, body)
				}
				want[p.node+" outgoing"]++
				want[at[found[2]]+" incoming"]++
			}
			return want
		})
	}
}
