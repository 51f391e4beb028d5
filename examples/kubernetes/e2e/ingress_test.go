package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// ingress is part VIII of the series, "Linkerd as an ingress controller", without
// TLS. The controller's own manifest runs as root, on port 80. In the article's time
// no right was needed; the reader of today gives them to the namespace's account. The
// Ingress has the form of networking.k8s.io/v1, as there is no other any more.
func ingress(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd-ingress-controller.yml", "hello-world.yml", "world-v2.yml"))
	examples, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	s.sh(`EXAMPLES=` + quote(examples))
	t.Cleanup(func() {
		b.Sh(context.Background(), "/", `kubectl delete clusterrolebinding l5d-system`)
	})
	s.sh(`kubectl create ns l5d-system`)
	s.apply(filepath.Join(examples, "base/rbac.yaml"))
	s.sh(`kubectl create clusterrolebinding l5d-system --clusterrole=l5d-reader --serviceaccount=l5d-system:default`)
	s.sh(`kubectl apply -f linkerd-ingress-controller.yml -n l5d-system`)
	s.until(`^(l5d-\S+ +2/2 +Running .*\n?){2}$`, `kubectl get po -n l5d-system --no-headers`)
	s.address("L5D_SVC_IP", "svc l5d -n l5d-system")
	s.until(`^pong$`, `curl -s http://$L5D_SVC_IP:9990/admin/ping`)
	s.apply("hello-world.yml", "world-v2.yml")
	s.ready(9)

	// The article shows a text here. With its own clearContext, Linkerd 1.7.5 and ours
	// tell strangers nothing; the reason is on the admin server.
	const refused = `^400$`
	s.until(`no ingress rule matches`, `curl -s "http://$L5D_SVC_IP:9990/explain?url=http://$L5D_SVC_IP/"`)
	s.until(refused, `curl -s -w '%{http_code}' $L5D_SVC_IP`)
	s.sh(`kubectl apply -f $EXAMPLES/article/hello-world-ingress.yml`)
	s.until(`^hello-world `, `kubectl get ingress --no-headers`)
	s.until(world.String(), `curl -s $L5D_SVC_IP`)
	s.until(earth.String(), `curl -s -H "Host: world.v2" $L5D_SVC_IP`)
	// Without a load balancer.
	s.until(earth.String(), `curl -s -H "Host: world.v2" $(kubectl get po -l app=l5d -n l5d-system -o jsonpath="{.items[0].status.hostIP}"):$(kubectl get svc l5d -n l5d-system -o 'jsonpath={.spec.ports[0].nodePort}')`)
	// clearContext: from outside, nobody chooses.
	s.until(earth.String(), `curl -s -H "Host: world.v2" -H "l5d-dtab: /svc/default/http/world-v2 => /svc/default/http/world-v1" $L5D_SVC_IP`)

	// A class by the field of today, that of another controller, and no rule at all.
	s.sh(`kubectl patch ingress hello-world --type json -p '[{"op": "remove", "path": "/metadata/annotations/kubernetes.io~1ingress.class"}, {"op": "add", "path": "/spec/ingressClassName", "value": "nginx"}]'`)
	s.until(refused, `curl -s -w '%{http_code}' $L5D_SVC_IP`)
	s.sh(`kubectl patch ingress hello-world --type merge -p '{"spec": {"ingressClassName": "linkerd"}}'`)
	s.until(earth.String(), `curl -s -H "Host: world.v2" $L5D_SVC_IP`)
	s.sh(`kubectl delete ingress hello-world`)
	s.until(refused, `curl -s -w '%{http_code}' $L5D_SVC_IP`)
}
