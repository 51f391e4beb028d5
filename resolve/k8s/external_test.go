package k8s_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// balanced is a Service with load balancers, each an ip or a hostname, as in
// `"ip":"10.0.0.1"`.
func balanced(name string, ingress ...string) string {
	for i := range ingress {
		ingress[i] = "{" + ingress[i] + "}"
	}
	return fmt.Sprintf(`{"kind":"Service","metadata":{"name":%q},"spec":{"type":"LoadBalancer","ports":[{"name":"outgoing","port":4140,"targetPort":1},{"port":80}]},
		"status":{"loadBalancer":{"ingress":[%s]}}}`, name, strings.Join(ingress, ","))
}

func external(t *testing.T, s *k8stest.Server, c k8s.Config) *k8s.Namer {
	t.Helper()
	c.Client, c.External = dial(t, s), true
	n, err := k8s.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestExternalConformance(t *testing.T) {
	resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
		var s k8stest.Server
		s.Apply(balanced("l5d", `"ip":"172.30.1.90"`))
		return resolvetest.Subject{
			Namer:   external(t, &s, k8s.Config{}),
			Exists:  resolve.MustPath("/default/outgoing/l5d"),
			Missing: resolve.MustPath("/default/outgoing/late"),
			Add:     func() { s.Apply(balanced("late", `"ip":"172.30.1.91"`)) },
			Remove:  func() { s.Delete("Service", "default", "late") },
		}
	})
}

func TestExternal(t *testing.T) {
	for _, row := range []struct {
		vector   int
		selector string
		name, id string
		want     string
		object   string
	}{
		{211, "", "/default/outgoing/l5d", "/default/outgoing/l5d", "172.30.1.90:4140", balanced("l5d", `"ip":"172.30.1.90","ipMode":"Proxy"`)},
		{212, "", "/default/Outgoing/L5D", "/default/Outgoing/L5D", "172.30.1.90:4140", balanced("l5d", `"ip":"172.30.1.90"`)},
		{213, "", "/default/4140/l5d", "/default/4140/l5d", "172.30.1.90:4140", balanced("l5d", `"ip":"172.30.1.90"`)},
		{214, "", "/default/outgoing/l5d", "/default/outgoing/l5d", "172.30.1.7:4140 172.30.1.8:4140", balanced("l5d", `"ip":"172.30.1.8"`, `"ip":"172.30.1.7"`)},
		{215, "", "/default/outgoing/l5d", "", "neg", balanced("l5d")},
		{215, "", "/default/80/l5d", "/default/80/l5d", "172.30.1.90:80", balanced("l5d", `"ip":"172.30.1.90"`)},
		{215, "", "/default/1/l5d", "", "neg", balanced("l5d", `"ip":"172.30.1.90"`)},
		{215, "", "/default/nope/l5d", "", "neg", balanced("l5d", `"ip":"172.30.1.90"`)},
		{215, "", "/default/outgoing/nope", "", "neg", balanced("l5d", `"ip":"172.30.1.90"`)},
		{217, "version", "/default/outgoing/l5d/v1", "", "neg", balanced("l5d", `"ip":"172.30.1.90"`)},
		{0, "", "/default/outgoing/l5d", "/default/outgoing/l5d", "172.30.1.90:4140", balanced("l5d", `"ip":"172.30.1.90","hostname":"lb.example"`)},
		{0, "", "/default/outgoing/l5d", "", "neg", `{"kind":"Service","metadata":{"name":"l5d"},"spec":{}}`},
		{0, "", "/default/http/..", "", "neg", balanced("l5d", `"ip":"172.30.1.90"`)},
	} {
		t.Run(fmt.Sprint(row.vector, " ", strings.TrimPrefix(row.name, "/")), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s k8stest.Server
				s.Apply(row.object)
				got := see(t, external(t, &s, k8s.Config{LabelSelector: row.selector}), row.name+"/rest")
				got.expect(t, row.want)
				if id := row.id; id != "" && (got.bound.ID.String() != id || got.bound.Residual.String() != "/rest") {
					t.Errorf("it is bound to %s, %s", got.bound.ID, got.bound.Residual)
				}
			})
		})
	}
}

// TestExternalLive (216).
func TestExternalLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s k8stest.Server
		got := see(t, external(t, &s, k8s.Config{}), "/default/outgoing/l5d")
		got.expect(t, "neg")
		s.Apply(balanced("l5d", `"ip":"172.30.1.1"`))
		got.expect(t, "172.30.1.1:4140")
		names := got.names
		s.Apply(balanced("l5d", `"ip":"172.30.1.2"`))
		got.expect(t, "172.30.1.2:4140")
		if got.names != names {
			t.Error("the name has changed with its address")
		}
		s.Apply(strings.Replace(balanced("l5d", `"ip":"172.30.1.2"`), "outgoing", "other", 1))
		got.expect(t, "neg")
		s.Apply(balanced("l5d", `"ip":"172.30.1.3"`))
		got.expect(t, "172.30.1.3:4140")
		s.Delete("Service", "default", "l5d")
		got.expect(t, "neg")
	})
}

// TestExternalHost: a host name is looked up again and again.
func TestExternalHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s k8stest.Server
		dns := &hosts{all: map[string]string{"a.example": "192.0.2.1"}}
		got := see(t, external(t, &s, k8s.Config{Resolver: dns}), "/default/outgoing/l5d")
		s.Apply(balanced("l5d", `"hostname":"a.example"`, `"hostname":"b.example"`, `"ip":"172.30.1.1"`))
		got.expect(t, "172.30.1.1:4140 192.0.2.1:4140")
		dns.set("b.example", "192.0.2.2")
		dns.set("a.example", "192.0.2.9")
		time.Sleep(time.Minute)
		got.expect(t, "172.30.1.1:4140 192.0.2.9:4140 192.0.2.2:4140")
		names := got.names
		s.Apply(balanced("l5d", `"hostname":"a.example"`))
		got.expect(t, "192.0.2.9:4140")
		if got.names != names {
			t.Error("the name has changed with its address")
		}
		got.gone()
	})
}

type hosts struct {
	mu  sync.Mutex
	all map[string]string
}

func (h *hosts) set(host, ip string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[host] = ip
}

func (h *hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ip, ok := h.all[host]; ok {
		return []netip.Addr{netip.MustParseAddr(ip)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}
