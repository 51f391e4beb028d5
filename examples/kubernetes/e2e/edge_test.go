package e2e

import (
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// edge is parts V and VI of the series, "Dogfood environments, ingress and edge
// routing" and "Staging microservices without the tears". The test endpoint of
// nginx.yml, httpstat.us, is a stub in the cluster. The page of the delegator is not
// there yet; what it shows is asked for as JSON.
func edge(t *testing.T, b *bed.Bed) {
	s := open(t, b, manifests(t, "linkerd-ingress.yml", "hello-world.yml", "api.yml", "world-v2.yml", "nginx.yml"))
	s.apply("linkerd-ingress.yml")
	s.address("INGRESS_LB", "svc l5d")
	s.until(`^pong$`, `curl -s http://$INGRESS_LB:9990/admin/ping`)
	// The next step of part VI types it again.
	s.until(`^(\S+ unchanged\n?){7}$`, `kubectl apply -f linkerd-ingress.yml`)
	s.apply("hello-world.yml", "api.yml", "world-v2.yml")

	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" $INGRESS_LB`)
	s.until(api.String(), `curl -s -H "Host: api.hello.world" $INGRESS_LB`)
	s.until(`(?s)/svc/www\.nowhere\.world.*502$`, `curl -s -w '%{http_code}' -H "Host: www.nowhere.world" $INGRESS_LB`)
	s.until(helloEarth.String(), `curl -s -H "Host: www.hello.world" -H "l5d-dtab: /host/world => /srv/world-v2;" $INGRESS_LB`)
	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" $INGRESS_LB`)
	// However deep the service is.
	s.until(apiEarth.String(), `curl -s -H "Host: api.hello.world" -H "l5d-dtab: /host/world => /srv/world-v2;" $INGRESS_LB`)
	// Without a load balancer.
	s.sh(`HOST_IP=$(kubectl get po -l app=l5d -o jsonpath="{.items[0].status.hostIP}")`)
	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" $HOST_IP:$(kubectl get svc l5d -o 'jsonpath={.spec.ports[0].nodePort}')`)
	// What the delegator's page asks for: the router's dtab as it is, and with an
	// entry more, which changes nothing for anybody else.
	s.sh(`DTAB="/srv => /#/io.l5d.k8s/default/http ; /host => /srv ; /host/world => /srv/world-v1 ; /svc => /host ;"`)
	delegated := `curl -s -G http://$INGRESS_LB:9990/delegator.json --data-urlencode namespace=outgoing --data-urlencode path=/svc/world --data-urlencode "dtab=$DTAB`
	s.until(`(?s)/host/world.*/srv/world-v1.*/#/io\.l5d\.k8s/default/http/world-v1.*SubnetGatewayTransformer`, delegated+`"`)
	s.until(`(?s)/host/world.*/srv/world-v2.*/#/io\.l5d\.k8s/default/http/world-v2.*SubnetGatewayTransformer`, delegated+` /host/world => /srv/world-v2 ;"`)
	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" $INGRESS_LB`)

	// nginx looks its upstreams up when it starts, so they come first.
	s.applyStub()
	s.apply("nginx.yml")
	s.ready(2 + 3 + 3 + 3 + 3 + 1 + 3)
	s.address("INGRESS_LB", "svc nginx")
	s.until(`^200 OK \(\S+\)!$`, `curl -s $INGRESS_LB`)
	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" $INGRESS_LB`)
	s.until(api.String(), `curl -s -H "Host: api.hello.world" $INGRESS_LB`)
	// The edge lets nobody from outside choose, but for those with a cookie.
	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" -H "l5d-dtab: /host/world => /srv/world-v2;" $INGRESS_LB`)
	s.until(api.String(), `curl -s -H "Host: api.hello.world" -H "l5d-dtab: /host/world => /srv/world-v2;" $INGRESS_LB`)
	s.until(helloEarth.String(), `curl -s -H "Host: www.hello.world" --cookie "special_employee_cookie=dogfood" $INGRESS_LB`)
	s.until(helloWorld.String(), `curl -s -H "Host: www.hello.world" $(kubectl get po -l app=nginx -o jsonpath="{.items[0].status.hostIP}"):$(kubectl get svc nginx -o 'jsonpath={.spec.ports[0].nodePort}')`)
}

// applyStub puts a stand-in for httpstat.us into the cluster.
func (s *session) applyStub() {
	s.t.Helper()
	write(s.t, s.dir, "httpstat.yml", httpstat)
	s.apply("httpstat.yml")
	s.until(`^\d`, `getent hosts httpstat.us`)
}

const httpstat = `apiVersion: v1
kind: ReplicationController
metadata:
  name: httpstat
spec:
  selector:
    app: httpstat
  template:
    metadata:
      labels:
        app: httpstat
    spec:
      containers:
      - name: service
        image: buoyantio/helloworld:0.1.6
        args: ["-addr=:80", "-text=200 OK"]
---
apiVersion: v1
kind: Service
metadata:
  name: httpstat
  annotations:
    external-dns.alpha.kubernetes.io/hostname: httpstat.us
spec:
  selector:
    app: httpstat
  ports:
  - name: http
    port: 80
`
