package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// routes is a router for the base configuration whose dtab is in a ConfigMap. It
// sends requests to the pods themselves, as the hop beside a pod does not know its
// dtab.
const routes = `
    - protocol: http
      label: routes
      interpreter:
        kind: io.l5d.k8s.configMap
        experimental: true
        inCluster: true
        name: routes
        filename: dtab
      servers:
      - port: 4142
        ip: 0.0.0.0
`

// faults has what goes wrong in a cluster happen while requests go through the hops
// of both nodes: with our own manifests, none may fail.
func faults(t *testing.T, b *bed.Bed) {
	dir := ourBase(t)
	config := read(t, dir, "base/config.yaml")
	write(t, dir, "base/config.yaml", config+routes)
	hello := read(t, "..", "hello.yaml")
	write(t, dir, "hello.yaml", hello)
	write(t, dir, "earth.yaml", strings.NewReplacer("name: hello", "name: earth", "app: hello", "app: earth", "text=Hello", "text=Earth").Replace(hello))

	s := open(t, b, dir)
	s.sh(`kubectl create configmap routes --from-literal='dtab=/svc/planet => /#/io.l5d.k8s/default/http/hello'`)
	t.Cleanup(func() { b.Sh(context.Background(), "/", "kubectl delete configmap routes") })
	s.sh("kubectl apply -k base")
	s.apply("hello.yaml", "earth.yaml")
	s.sh("kubectl rollout status ds/l5d --timeout=2m && kubectl rollout status deploy/hello --timeout=2m && kubectl rollout status deploy/earth --timeout=2m")
	service := s.until(`^172\.30\.1\.\d+$`, `kubectl get svc l5d -o jsonpath="{.status.loadBalancer.ingress[0].ip}"`) + ":4140"
	s.sh("kubectl get pods -o wide")
	nodes := []string{node1 + ":4140", node2 + ":4140"}
	all := load{b: b, through: append(nodes, service), host: "hello"}
	all.answered(s)

	all.during(t, "the API server killed, and back after 5 s", func() {
		if err := b.KillAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if err := b.StartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.until(`^2$`, `kubectl get nodes --no-headers | grep -c ' Ready'`)
	})
	all.during(t, "a pod of hello deleted", func() {
		s.sh(`kubectl delete $(kubectl get pods -l app=hello -o name | head -n 1)`)
		s.sh(`kubectl rollout status deploy/hello --timeout=2m`)
	})
	all.during(t, "all pods of hello replaced", func() {
		s.sh(`kubectl rollout restart deploy/hello && kubectl rollout status deploy/hello --timeout=2m`)
		// Those of before are really gone.
		s.until(`^3$`, `kubectl get pods -l app=hello --no-headers | wc -l`)
	})
	// At a node's own port nobody listens until the node has its new hop, so that
	// its callers have to wait or to ask the Service.
	silence := longestSilence(b, node2+":4140", "hello")
	load{b: b, through: []string{service}, host: "hello"}.during(t, "the hops of both nodes replaced, one after the other", func() {
		s.sh(`kubectl rollout restart ds/l5d && kubectl rollout status ds/l5d --timeout=2m`)
	})
	t.Logf("the port 4140 of a node was silent for %v", silence().Round(10*time.Millisecond))
	all.answered(s)

	routeChange(t, b, s)
	if failed, why := changes(t, b, "in-cluster, EndpointSlices", sliceChange); failed > 0 {
		t.Errorf("%d requests failed: %v", failed, why)
	}
}

// routeChange changes the dtab in the ConfigMap.
func routeChange(t *testing.T, b *bed.Bed, s *session) {
	var hops []string
	for ip := range strings.FieldsSeq(s.sh(`kubectl get pods -l app=l5d -o jsonpath='{.items[*].status.podIP}'`)) {
		hops = append(hops, ip+":4142")
	}
	var changed, last, first atomic.Int64
	var earths, others atomic.Int64
	began := time.Now()
	l := load{b: b, through: hops, host: "planet", answer: func(text string) {
		now := int64(time.Since(began))
		switch {
		case strings.HasPrefix(text, "Earth "):
			earths.Add(1)
			first.CompareAndSwap(0, now)
		case strings.HasPrefix(text, "Hello "):
			last.Store(now)
		default:
			others.Add(1)
		}
	}}
	l.during(t, "the ConfigMap with the routes changed", func() {
		if earths.Load() != 0 {
			t.Error("earth answers before the change")
		}
		s.sh(`kubectl patch configmap routes -p '{"data":{"dtab":"/svc/planet => /#/io.l5d.k8s/default/http/earth"}}'`)
		changed.Store(int64(time.Since(began)))
		for until := time.Now().Add(patience); earths.Load() == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("nobody was sent to earth %v after the change", patience)
			}
		}
	})
	t.Logf("earth answered first %v, and hello last %v, after kubectl was done",
		time.Duration(first.Load()-changed.Load()).Round(time.Millisecond), time.Duration(last.Load()-changed.Load()).Round(time.Millisecond))
	if others.Load() > 0 {
		t.Errorf("%d answers of neither", others.Load())
	}
	for _, hop := range hops {
		s.until(`^Earth \(\S+\)!$`, "curl -s -m 10 -H 'Host: planet' "+hop)
	}
}

// faultsOfProxy ends the kubectl proxy of a hop: with the article's manifests, the hop
// knows no more than it did until its container runs again.
func faultsOfProxy(t *testing.T, b *bed.Bed) {
	dir := t.TempDir()
	write(t, dir, "linkerd.yml", read(t, "..", "article/linkerd.yml"))
	write(t, dir, "hello.yaml", read(t, "..", "hello.yaml"))
	s := open(t, b, dir)
	s.apply("linkerd.yml", "hello.yaml")
	s.sh("kubectl rollout status ds/l5d --timeout=2m && kubectl rollout status deploy/hello --timeout=2m")
	all := load{b: b, through: []string{node1 + ":4140", node2 + ":4140"}, host: "hello"}
	all.answered(s)
	all.during(t, "the kubectl proxy of a hop killed", func() {
		s.sh(`kill -9 $(pgrep -f "^/kubectl proxy" | head -n 1)`)
		s.until(`^1$`, `kubectl get pods -l app=l5d -o jsonpath='{.items[*].status.containerStatuses[*].restartCount}' | tr ' ' '\n' | grep -c 1`)
		s.sh(`kubectl rollout status ds/l5d --timeout=2m`)
		s.sh(`kubectl delete $(kubectl get pods -l app=hello -o name | head -n 1)`)
		s.sh(`kubectl rollout status deploy/hello --timeout=2m`)
	})
	// The article's retries do not wait, so that they may be over before both hops
	// have heard of a change.
	if failed, why := changes(t, b, "kubectl proxy, Endpoints", endpointsChange); failed > 0 {
		t.Logf("one of the requests that failed: %v", why)
	}
}

// answered waits until each address answers.
func (l load) answered(s *session) {
	s.t.Helper()
	for _, through := range l.through {
		s.until(`^Hello \(\S+\)!$`, "curl -s -m 10 -H 'Host: "+l.host+"' "+through)
	}
}

// Addresses of the nodes.
const node1, node2 = "172.30.0.11", "172.30.0.12"

// ourBase returns a new directory with a copy of our manifests in the directory base.
func ourBase(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "base"), os.DirFS("../base")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
