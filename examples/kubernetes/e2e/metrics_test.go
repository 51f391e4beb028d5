package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// metrics is part I of the series, "Top-line service metrics". What the dashboards
// of linkerd-viz ask of every hop for success rates and volume is there; Grafana
// itself, and its panels of latencies, are not, and neither is the dashboard of the
// hop that the reader opens first.
func metrics(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd.yml", "node-name-test.yml", "hello-world.yml"))
	s.apply("linkerd.yml")
	lb := s.address("INGRESS_LB", "svc l5d")
	s.until(`^pong$`, `curl -s http://$INGRESS_LB:9990/admin/ping`)
	s.apply("node-name-test.yml", "hello-world.yml")
	s.until(`Address: 172\.30\.0\.1[12]$`, `kubectl logs node-name-test`)
	s.sh(`kubectl delete pod node-name-test`)
	s.ready(8)
	// The article has this on two lines, and then curl knows of no proxy.
	s.until(helloWorld.String(), `http_proxy=$INGRESS_LB:4140 curl -s http://hello`)
	// Without a load balancer.
	s.sh(`HOST_IP=$(kubectl get po -l app=l5d -o jsonpath="{.items[0].status.hostIP}")`)
	s.until(`^pong$`, `curl -s http://$HOST_IP:$(kubectl get svc l5d -o 'jsonpath={.spec.ports[2].nodePort}')/admin/ping`)
	s.until(helloWorld.String(), `http_proxy=$HOST_IP:$(kubectl get svc l5d -o 'jsonpath={.spec.ports[0].nodePort}') curl -s http://hello`)

	// The Prometheus of linkerd-viz asks the endpoints of Services named like l5d, at
	// port 9990, whatever ports they have.
	hops := s.onBothNodes("l5d")
	found := strings.Fields(s.sh(`kubectl get endpoints l5d -o jsonpath='{.subsets[*].addresses[*].ip}' 2>/dev/null`))
	if len(found) != len(hops) {
		t.Errorf("the endpoints are %v, the pods %v", found, hops)
	}

	c := call(t, b)
	families := []string{"rt:server:requests", "rt:server:success", "rt:client:requests", "rt:client:success"}
	c.grow(func() map[string]int {
		all := map[string]int{}
		for _, hop := range hops {
			page := c.counters(hop)
			for _, router := range []string{"outgoing", "incoming"} {
				for _, family := range families {
					all[router+" "+family] += page.sum(family, "rt", router)
				}
				for _, client := range []string{"hello", "world-v1"} {
					all[router+" "+client] += page.sum("rt:client:requests", "rt", router, "client", client)
				}
			}
		}
		return all
	}, func() map[string]int {
		const requests = 60
		for range requests {
			if body := c.answer("http://"+lb+":4140/", "Host: hello"); !helloWorld.MatchString(body) {
				t.Fatal(body)
			}
		}
		want := map[string]int{}
		for _, router := range []string{"outgoing", "incoming"} {
			for _, family := range families {
				want[router+" "+family] = 2 * requests // that for hello, and its own for world
			}
			want[router+" hello"], want[router+" world-v1"] = requests, requests
		}
		return want
	})

	// Classes of statuses: a page that the admin server does not show to those who come
	// through the hops, as part III does for its ping; and a hello that has nobody to ask.
	s.until(`^pong$`, `curl -sH 'l5d-dtab: /svc=>/#/io.l5d.k8s/default/admin/l5d;' http://$INGRESS_LB:4141/admin/ping`)
	for class, command := range map[string]string{
		"4XX": `curl -sH 'l5d-dtab: /svc=>/#/io.l5d.k8s/default/admin/l5d;' -o /dev/null -w '%{http_code}' http://$INGRESS_LB:4141/config.json`,
		"5XX": `http_proxy=$INGRESS_LB:4140 curl -sH 'l5d-dtab: /svc/world=>!' -o /dev/null -w '%{http_code}' http://hello`,
	} {
		s.until(`^`+strings.Replace(class, "X", `\d`, 2)+`$`, command)
		series := "rt:client:status:" + class
		count := func() (count int) {
			for _, hop := range hops {
				count += c.counters(hop).sum(series, "rt", "incoming")
			}
			return count
		}
		for deadline := time.Now().Add(5 * time.Second); count() == 0; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s does not count", series)
			}
		}
	}
}
