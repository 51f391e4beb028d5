package e2e

import (
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// override is what the articles do with world-v2.yml: one request alone is served by
// it, though world is called by hello and not by the reader; a share of the requests;
// or none while there is no pod of it.
func override(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd.yml", "hello-world.yml", "world-v2.yml"))
	s.apply("linkerd.yml", "hello-world.yml", "world-v2.yml")
	s.ready(11)
	lb := s.address("L5D_INGRESS_LB", "svc l5d")
	s.until(helloWorld.String(), `http_proxy=$L5D_INGRESS_LB:4140 curl -s http://hello`)
	s.until(helloEarth.String(), `http_proxy=$L5D_INGRESS_LB:4140 curl -s -H 'l5d-dtab: /host/world => /srv/world-v2' http://hello`)
	s.until(helloWorld.String(), `http_proxy=$L5D_INGRESS_LB:4140 curl -s http://hello`)

	// One request in ten, as part IV shifts traffic; there with namerd.
	c := call(t, b)
	const requests = 400
	shifted := 0
	for range requests {
		switch body := c.answer("http://"+lb+":4140/", "Host: hello", "l5d-dtab: /host/world => 1 * /srv/world-v2 & 9 * /srv/world-v1"); {
		case helloEarth.MatchString(body):
			shifted++
		case !helloWorld.MatchString(body):
			t.Fatal(body)
		}
	}
	// Six standard deviations of the forty that are to be expected.
	if shifted < 4 || shifted > 76 {
		t.Errorf("%d of %d requests were served by world-v2, want one in ten", shifted, requests)
	}
	t.Logf("%d of %d requests were served by world-v2", shifted, requests)

	// All of them, and world-v1 where there is no pod of world-v2.
	all := "l5d-dtab: /host/world => /srv/world-v2 | /srv/world-v1"
	typed := `http_proxy=$L5D_INGRESS_LB:4140 curl -s -H '` + all + `' http://hello`
	s.until(helloEarth.String(), typed)
	// A pod that goes has to answer until the hops have heard of it; the manifest's do
	// not, so that a request may find nobody.
	s.sh(`kubectl patch rc world-v2 -p '{"spec":{"template":{"spec":{"containers":[{"name":"service","lifecycle":{"preStop":{"sleep":{"seconds":3}}}}]}}}}'`)
	s.sh(`kubectl delete pod -l app=world-v2 --grace-period=1`)
	s.ready(11)
	s.until(helloEarth.String(), typed)
	users := c.stream("http://"+lb+":4140/", "Host: hello", all)
	s.sh(`kubectl scale rc world-v2 --replicas=0`)
	s.until(helloWorld.String(), typed)
	s.sh(`kubectl scale rc world-v2 --replicas=1`)
	s.until(helloEarth.String(), typed)
	users.none(t)
}
