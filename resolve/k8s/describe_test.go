package k8s_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// TestDescribePorts: what a name by number depends on are the Service's ports, of which the
// first few are shown.
func TestDescribePorts(t *testing.T) {
	ports := func(n int, protocol string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"name":"p%d","port":%d,"protocol":%q}`, i, i+1, protocol))
		}
		return `{"kind":"Service","metadata":{"name":"web"},"spec":{"ports":[` + strings.Join(all, ",") + `]}}`
	}
	for _, row := range []struct{ object, want string }{
		{ports(0, "TCP"), "without ports"},
		{ports(2, "UDP"), "without ports"},
		{ports(5, "TCP"), "ports 1, 2, 3, 4, 5"},
		{ports(6, "TCP"), "ports 1, 2, 3, 4, 5, ..."},
	} {
		var s k8stest.Server
		s.Apply(row.object)
		bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
			see(t, n, "/default/1/web")
			synctest.Wait()
			if got := n.Describe(resolve.MustPath("/default/1/web")); !strings.HasPrefix(got, "services of default/web, "+row.want+", read ") {
				t.Errorf("it is described as %q, want %s", got, row.want)
			}
		})
	}
}

// TestDescribeBalancers: what an external name depends on are the Service's load balancers.
func TestDescribeBalancers(t *testing.T) {
	for ingress, want := range map[string]string{
		"":                                     "0 load balancers for that port",
		`"ip":"172.30.1.1"`:                    "1 load balancer for that port",
		`"hostname":"a.b"`:                     "1 load balancer for that port",
		`"ip":"172.30.1.1"},{"hostname":"a.b"`: "2 load balancers for that port",
	} {
		synctest.Test(t, func(t *testing.T) {
			var s k8stest.Server
			s.Apply(balanced("l5d", ingress))
			n := external(t, &s, k8s.Config{Resolver: misbehaving{}})
			see(t, n, "/default/outgoing/l5d")
			synctest.Wait()
			if got := n.Describe(resolve.MustPath("/default/outgoing/l5d")); !strings.Contains(got, want) {
				t.Errorf("%s is described as %q, want %s", ingress, got, want)
			}
		})
	}
}

// TestStateOfBalancers: the state of an external name has the Service's ports, and its load
// balancers by address or else by name.
func TestStateOfBalancers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s k8stest.Server
		s.Apply(balanced("l5d", `"ip":"172.30.1.1","hostname":"one.example"`, `"hostname":"two.example"`, `"ipMode":"VIP"`))
		n := external(t, &s, k8s.Config{Resolver: misbehaving{}})
		see(t, n, "/default/outgoing/l5d")
		synctest.Wait()
		state, err := json.Marshal(n.State())
		const want = `"value":{"loadBalancers":["172.30.1.1","two.example"],"ports":{"":80,"outgoing":4140}}`
		if err != nil || !strings.Contains(string(state), want) {
			t.Errorf("the state is %s, %v; want %s in it", state, err, want)
		}
	})
}

// misbehaving is a resolver that answers for no host.
type misbehaving struct{}

func (misbehaving) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "server misbehaving", Name: host}
}

// TestExternalHostTrouble: a load balancer whose host cannot be looked up is no more than a
// gap beside others, and an error where it is the only one.
func TestExternalHostTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s k8stest.Server
		got := see(t, external(t, &s, k8s.Config{Resolver: misbehaving{}}), "/default/outgoing/l5d")
		s.Apply(balanced("l5d", `"hostname":"a.example"`))
		got.expect(t, "none")
		if got.lost == nil || !strings.Contains(got.lost.Error(), "server misbehaving") {
			t.Errorf("it is lost because of %v", got.lost)
		}
		s.Apply(balanced("l5d", `"hostname":"a.example"`, `"ip":"172.30.1.1"`))
		got.expect(t, "172.30.1.1:4140")
		if got.lost != nil {
			t.Errorf("beside another it is lost because of %v", got.lost)
		}
	})
}

// TestConfigMapOfALongDtab: what is logged of a long dtab that cannot be read is the text
// near the error, once.
func TestConfigMapOfALongDtab(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		var logged bytes.Buffer
		entries := strings.Repeat("/a=>/b;", 100)
		server.Apply(configMap(`,"data":{"d":"` + entries + "/svc=>?" + entries + `"}`))
		m, err := k8s.NewConfigMap(k8s.ConfigMapConfig{Client: dial(t, &server), Name: "dtabs", Key: "d", ErrorLog: slog.New(slog.NewTextHandler(&logged, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		synctest.Wait()
		const want = "ERROR k8s ConfigMap dtabs error reading dtab 'd': simple expected but '?' found at " +
			"'=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/svc=>[?]/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a=>/b;/a='"
		if got := messages(logged.String()); got != want {
			t.Errorf("logged %q", got)
		}
		server.Apply(configMap(`,"data":{"x":"y","d":"` + entries + "/svc=>?" + entries + `"}`))
		synctest.Wait()
		if got := messages(logged.String()); got != want {
			t.Errorf("after another change of the ConfigMap logged %q", got)
		}
	})
}
