package k8s_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// TestRealObjects: what the names of a real namespace mean, from either resource.
func TestRealObjects(t *testing.T) {
	const pods, both = "10.196.1.2:7777@node1 10.196.1.3:7777@node1", "10.196.1.2:7777@node1 10.196.1.3:7777@node1 10.196.2.2:7777@node2"
	const renamed, multi = "10.196.1.2:7777@node1 10.196.1.3:8888@node1", "10.1.0.1:8080@node1 10.1.0.2:9090"
	sources(t, func(t *testing.T, only func(*k8stest.Server)) {
		for _, row := range []struct {
			vector   int
			selector string
			name     string
			want     string
		}{
			{159, "", "/t/http/empty", "neg"},
			{159, "", "/t/80/empty", "none"},
			{160, "", "/t/http/notready", "none"},
			{160, "", "/t/80/notready", "none"},
			{161, "", "/t/http/noep", "neg"},
			{161, "", "/t/80/noep", "none"},
			{163, "", "/t/80/remap", pods},
			{164, "", "/t/7777/remap", "neg"},
			{165, "", "/t/80/unnamed", pods},
			{165, "", "/t/7777/unnamed", "neg"},
			{167, "", "/t/http/renamed", renamed},
			{168, "", "/t/80/renamed", renamed},
			{169, "", "/t/web/renamed", "neg"},
			{171, "", "/t/http/multi", multi},
			{172, "", "/t/admin/multi", "10.1.0.2:9991"},
			{173, "", "/t/80/multi", multi},
			{174, "", "/t/dns/udp", "neg"},
			{174, "", "/t/dns-tcp/udp", pods},
			{174, "", "/t/53/udp", pods},
			{177, "", "/t/http/headless", pods},
			{177, "", "/t/80/headless", pods},
			{178, "", "/t/http/pubnr", both},
			{179, "", "/t/http/ext", "neg"},
			{179, "", "/t/80/ext", "neg"},
			{180, "", "/t/http/extnp", "neg"},
			{180, "", "/t/80/extnp", "neg"},
			{180, "", "/t/http/hlnp", "neg"},
			{180, "", "/t/80/hlnp", "neg"},
			{153, "version", "/t/http/lab", "neg"},
			{181, "version", "/t/http/lab/v1", pods},
			{181, "version", "/t/80/lab/v1", pods},
			{182, "version", "/t/http/lab/v2", "neg"},
			{182, "version", "/t/80/lab/v2", "neg"},
			{183, "version", "/t/http/labbig/V1", pods},
		} {
			t.Run(fmt.Sprint(row.vector, " ", strings.TrimPrefix(row.name, "/")), func(t *testing.T) {
				s := cluster(t)
				only(s)
				bubble(t, s, k8s.Config{LabelSelector: row.selector}, func(t *testing.T, n *k8s.Namer) {
					see(t, n, row.name).expect(t, row.want)
				})
			})
		}
	})
}

// TestSourcesAgree: whatever is asked of a real namespace, Endpoints and
// EndpointSlices give the same answer.
func TestSourcesAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := cluster(t)
		var list struct {
			Items []struct {
				Metadata struct{ Name string }
				Spec     struct {
					Ports []struct {
						Name string
						Port int
					}
				}
			}
		}
		resp, err := all.RoundTrip(get(t, "/api/v1/namespaces/t/services"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list.Items) < 15 {
			t.Fatalf("%d services, %v", len(list.Items), err)
		}
		_ = resp.Body.Close()
		old := cluster(t)
		old.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
		a, b := namer(t, all, k8s.Config{}), namer(t, old, k8s.Config{})
		names := 0
		for _, s := range list.Items {
			ports := []string{"http", "web", "nope", "80", "7777", "8080"}
			for _, p := range s.Spec.Ports {
				ports = append(ports, strconv.Itoa(p.Port))
				if p.Name != "" {
					ports = append(ports, p.Name)
				}
			}
			for _, port := range ports {
				name := "/t/" + port + "/" + s.Metadata.Name
				names++
				if x, y := see(t, a, name).now(), see(t, b, name).now(); x != y {
					t.Errorf("%s is %q by EndpointSlices and %q by Endpoints", name, x, y)
				}
			}
		}
		t.Logf("%d names of %d services", names, len(list.Items))
	})
}

// TestNames: what a path says.
func TestNames(t *testing.T) {
	for _, row := range []struct {
		vector       string
		config       k8s.Config
		in, id, rest string // no id: Neg
	}{
		{"149", k8s.Config{}, "/default/http/hello/a/b", "/default/http/hello", "/a/b"},
		{"150", k8s.Config{}, "/DEFAULT/HTTP/Hello/Rest", "/default/http/hello", "/Rest"},
		{"151", k8s.Config{}, "/default/http", "", ""},
		{"152", k8s.Config{Namespace: "default"}, "/http/hello/A", "/http/hello", "/A"},
		{"152", k8s.Config{Namespace: "default"}, "/http", "", ""},
		{"153", k8s.Config{LabelSelector: "version"}, "/default/http/hello", "", ""},
		{"183", k8s.Config{LabelSelector: "version"}, "/default/http/Hello/V1/x", "/default/http/hello/V1", "/x"},
		{"", k8s.Config{Namespace: "default", LabelSelector: "version"}, "/HTTP/hello/V1", "/http/hello/V1", "/"},
		{"", k8s.Config{}, "/default/a-port-name-of-more-than-15/hello", "/default/a-port-name-of-more-than-15/hello", "/"},
	} {
		t.Run(row.in, func(t *testing.T) {
			var s k8stest.Server
			for _, port := range []string{"http", "a-port-name-of-more-than-15"} {
				s.Apply(fmt.Sprintf(`{"kind":"EndpointSlice","metadata":{"name":"hello-%s","labels":{"kubernetes.io/service-name":"hello","version":"V1"}},
					"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"]}],"ports":[{"name":%q,"port":80}]}`, port, port))
			}
			bubble(t, &s, row.config, func(t *testing.T, n *k8s.Namer) {
				got := see(t, n, row.in)
				if row.id == "" {
					got.expect(t, "neg")
					if asked := s.Requests(); len(asked) > 0 {
						t.Errorf("the API was asked %q", asked)
					}
					return
				}
				got.expect(t, "10.0.0.1:80")
				if b := got.bound; b == nil || b.ID.String() != row.id || b.Residual.String() != row.rest {
					t.Errorf("it is bound to %+v", b)
				}
			})
		})
	}
}

// TestNamesThatCannotBe are never asked for (154).
func TestNamesThatCannotBe(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, port := range []string{"http", "80"} {
		for _, bad := range []string{"a.b", "x_y", "..", ".", "%2e%2e", "..%2f", "a/b", "a?b", "a b", "a\x00", "-a", "a-", "é", "", long} {
			for _, path := range []resolve.Path{
				labels("default", port, bad), labels(bad, port, "hello"), labels("default", bad, "hello"),
			} {
				noQuestion(t, k8s.Config{}, path)
			}
			noQuestion(t, k8s.Config{Namespace: "default"}, labels(port, bad))
		}
	}
	for _, number := range []string{"0", "00", "65536", "99999999999999999999"} {
		noQuestion(t, k8s.Config{}, labels("default", number, "hello"))
	}
	for _, value := range []string{"", "a,b", "a=b", "a b", "-a", "a/b", long, "!x", "é"} {
		noQuestion(t, k8s.Config{LabelSelector: "version"}, labels("default", "http", "hello", value))
	}
}

func labels(all ...string) resolve.Path {
	var p resolve.Path
	for _, l := range all {
		p = p.AppendLabel(l)
	}
	return p
}

func noQuestion(t *testing.T, c k8s.Config, p resolve.Path) {
	t.Helper()
	var s k8stest.Server
	got := namer(t, &s, c).Lookup(p).Sample()
	if got.Status != resolve.OK || got.Value.Op != resolve.Neg {
		t.Errorf("%q is %v %v", p, got.Status, got.Value.Op)
	}
	if asked := s.Requests(); len(asked) > 0 {
		t.Errorf("%q asked the API %q", p, asked)
	}
}

// TestOddObjects are what a server may send that the fixtures do not have.
func TestOddObjects(t *testing.T) {
	const odd = `{"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"nullport"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":null},
		{"addresses":null,"ports":[{"name":"http","port":80}]},
		{"addresses":[{"ip":"fd00::1"},{"ip":"nonsense"}],"ports":[{"name":"http","port":80,"protocol":"tcp"},{"name":"u","port":81,"protocol":"UDP"},{"name":"http2","port":82}]}]}`
	slice := func(name, kind, endpoints, ports string) string {
		return fmt.Sprintf(`{"kind":"EndpointSlice","metadata":{"name":"s-%s","labels":{"kubernetes.io/service-name":"s"}},"addressType":%q,"endpoints":%s,"ports":%s}`, name, kind, endpoints, ports)
	}
	const service = `{"kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"name":"http","port":9990},{"port":7}]}}`
	const one = `[{"addresses":["10.0.0.1"],"nodeName":"n1"}]`
	const http80 = `[{"name":"http","port":80}]`
	for _, row := range []struct {
		what, name, want string
		objects          []any
	}{
		{"175, 176: ports and addresses of null, small letters", "/default/http/nullport", "[fd00::1]:80", []any{odd}},
		{"175: no protocol", "/default/http2/nullport", "[fd00::1]:82", []any{odd}},
		{"174: UDP", "/default/u/nullport", "neg", []any{odd}},
		{"162: no subsets", "/default/http/s", "neg", []any{`{"kind":"Endpoints","metadata":{"name":"s"},"subsets":null}`}},
		{"166: a port without targetPort", "/default/9990/s", "10.0.0.1:9990@n1", []any{service, slice("a", "IPv4", one, `[{"name":"http","port":9990}]`)}},
		{"170: targetPort is the name of the Service's port", "/default/80/s", "10.0.0.1:8080@n1", []any{
			`{"kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"name":"http","port":80,"targetPort":"http"}]}}`, slice("a", "IPv4", one, `[{"name":"http","port":8080}]`)}},
		{"conditions.ready is absent", "/default/http/s", "10.0.0.1:80@n1", []any{slice("a", "IPv4", one, http80)}},
		{"a port for all ports, by number", "/default/9990/s", "10.0.0.1:9990@n1", []any{service, slice("a", "IPv4", one, `[{"name":"","port":null}]`)}},
		{"a port for all ports, by name", "/default/http/s", "neg", []any{service, slice("a", "IPv4", one, `[{"name":"http","port":null}]`)}},
		{"an address in two slices", "/default/http/s", "10.0.0.1:80@n1", []any{slice("a", "IPv4", `[{"addresses":["10.0.0.1"]}]`, http80), slice("b", "IPv4", one, http80)}},
		{"hosts for addresses", "/default/http/s", "neg", []any{slice("a", "FQDN", `[{"addresses":["example.org"]}]`, http80)}},
		{"two families", "/default/http/s", "10.0.0.1:80@n1 [fd00::1]:80", []any{slice("a", "IPv4", one, http80), slice("b", "IPv6", `[{"addresses":["fd00::1"]}]`, http80)}},
		{"a port of nobody", "/default/http/s", "neg", []any{slice("a", "IPv4", `[]`, http80)}},
		{"ports that cannot be", "/default/http/s", "neg", []any{slice("a", "IPv4", one, `[{"name":"http","port":0},{"name":"http","port":65536},{"name":"http","port":-1}]`)}},
		{"158: no such port", "/default/555/s", "neg", []any{service, slice("a", "IPv4", one, http80)}},
		{"157: no such name", "/default/nope/s", "neg", []any{service, slice("a", "IPv4", one, http80)}},
		{"a name of another's port is no prefix", "/default/htt/s", "neg", []any{slice("a", "IPv4", one, http80)}},
	} {
		t.Run(row.what, func(t *testing.T) {
			var s k8stest.Server
			s.Apply(row.objects...)
			if strings.Contains(fmt.Sprint(row.objects...), `"Endpoints"`) {
				s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
			}
			bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) { see(t, n, row.name).expect(t, row.want) })
		})
	}
}

// TestLive: what changes shows at once, and tells those who asked for the name
// only where the name comes or goes.
func TestLive(t *testing.T) {
	sources(t, func(t *testing.T, only func(*k8stest.Server)) {
		for _, port := range []string{"http", "80"} {
			t.Run(port, func(t *testing.T) {
				var s k8stest.Server
				only(&s)
				bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
					got := see(t, n, "/default/"+port+"/hello")
					got.expect(t, "neg") // 155
					s.Bind("default", "hello", "http", "10.0.0.1:7777@n1", "10.0.0.2:7777@n2", "10.0.0.3:7777@n2")
					got.expect(t, "10.0.0.1:7777@n1 10.0.0.2:7777@n2 10.0.0.3:7777@n2") // 156
					names, bound := got.names, got.bound
					s.Bind("default", "hello", "http", "10.0.0.1:7777@n1", "10.0.0.2:7777@n2", "10.0.0.3:7777@n2", "10.0.0.4:7777@n1")
					got.expect(t, "10.0.0.1:7777@n1 10.0.0.2:7777@n2 10.0.0.3:7777@n2 10.0.0.4:7777@n1") // 185
					s.Bind("default", "hello", "http", "10.0.0.1:7777@n1", "10.0.0.2:7777@n2", "10.0.0.3:7777@n2")
					got.expect(t, "10.0.0.1:7777@n1 10.0.0.2:7777@n2 10.0.0.3:7777@n2")
					if got.names != names {
						t.Errorf("the name has changed %d times with its addresses", got.names-names)
					}
					s.Bind("default", "hello", "http") // 186
					if port == "http" {
						got.expect(t, "neg")
					} else {
						got.expect(t, "none")
					}
					s.Bind("default", "hello", "http", "10.0.0.9:7777")
					got.expect(t, "10.0.0.9:7777")
					if got.bound != bound {
						t.Error("it is another replica set")
					}
					s.Unbind("default", "hello") // 187
					got.expect(t, "neg")
					s.Bind("default", "hello", "http", "10.0.0.8:7777")
					got.expect(t, "10.0.0.8:7777")
				})
			})
		}
	})
}

// TestTerminating: a pod that ends is out with the first event (188).
func TestTerminating(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80", "10.0.0.2:80")
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		got := see(t, n, "/default/http/hello")
		got.expect(t, "10.0.0.1:80 10.0.0.2:80")
		s.Apply(`{"kind":"EndpointSlice","metadata":{"name":"hello-ipv4-80","labels":{"kubernetes.io/service-name":"hello"}},"addressType":"IPv4","endpoints":[
			{"addresses":["10.0.0.1"],"conditions":{"ready":false,"serving":true,"terminating":true}},{"addresses":["10.0.0.2"],"conditions":{"ready":true}}],"ports":[{"name":"http","port":80}]}`)
		got.expect(t, "10.0.0.2:80")
	})
}

// TestLabelChange: a Service that gets another label is gone, and comes back.
func TestLabelChange(t *testing.T) {
	sources(t, func(t *testing.T, only func(*k8stest.Server)) {
		labelled := func(s *k8stest.Server, version string) {
			s.Apply(fmt.Sprintf(`{"kind":"Service","metadata":{"name":"lab","labels":{"version":%q}},"spec":{"ports":[{"name":"http","port":80}]}}`, version),
				fmt.Sprintf(`{"kind":"Endpoints","metadata":{"name":"lab","labels":{"version":%q}},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"name":"http","port":8080}]}]}`, version),
				fmt.Sprintf(`{"kind":"EndpointSlice","metadata":{"name":"lab-x","labels":{"kubernetes.io/service-name":"lab","version":%q}},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"]}],"ports":[{"name":"http","port":8080}]}`, version))
		}
		for _, port := range []string{"http", "80"} {
			var s k8stest.Server
			only(&s)
			labelled(&s, "v1")
			bubble(t, &s, k8s.Config{LabelSelector: "version"}, func(t *testing.T, n *k8s.Namer) {
				one, two := see(t, n, "/default/"+port+"/lab/v1"), see(t, n, "/default/"+port+"/lab/v2")
				one.expect(t, "10.0.0.1:8080")
				two.expect(t, "neg")
				labelled(&s, "v2")
				one.expect(t, "neg")
				two.expect(t, "10.0.0.1:8080")
			})
		}
	})
}
