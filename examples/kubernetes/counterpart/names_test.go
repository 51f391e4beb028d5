package counterpart_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// asked is a name that is observed, as a router does it.
type asked struct {
	name  *resolve.Activity[resolve.NameTree[resolve.Name]]
	bound *resolve.Bound
	stops []func()
}

func ask(n resolve.Namer, path string) *asked {
	a := &asked{name: n.Lookup(resolve.MustPath(path))}
	a.stops = append(a.stops, a.name.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {}))
	return a
}

// follow observes the addresses too, once the name is there.
func (a *asked) follow() {
	if t := a.name.Sample().Value; a.bound == nil && t.Op == resolve.Leaf {
		a.bound = t.Leaf.Bound
		a.stops = append(a.stops, a.bound.Addr.Observe(func(resolve.State[resolve.Replicas]) {}))
	}
}

func (a *asked) stop() {
	for _, stop := range a.stops {
		stop()
	}
}

// differs says how the name is something else than what is expected.
func (a *asked) differs(want meaning) string {
	s := a.name.Sample()
	if s.Status != resolve.OK {
		return fmt.Sprintf("it is %v, %v", s.Status, s.Err)
	}
	switch s.Value.Op {
	case resolve.Neg:
		return want.differs(false, nil)
	case resolve.Leaf:
		at := s.Value.Leaf.Bound.Addr.Sample()
		if at.Status != resolve.OK {
			return fmt.Sprintf("its addresses are %v, %v", at.Status, at.Err)
		}
		return want.differs(true, at.Value.Addresses)
	}
	return "it is " + s.Value.Op.String()
}

// kind is a namer, and what it shall find.
type kind struct {
	name  string
	only  func(*k8stest.Server) // takes away what it shall not find
	make  func(*k8s.Client) (resolve.Namer, error)
	means func(p parts, port string) meaning
}

// hosts are what a name server knows of.
type hosts map[string]string

func (h hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	ip, err := netip.ParseAddr(h[strings.TrimSuffix(host, ".")])
	if err != nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{ip}, nil
}

func kinds() []kind {
	known := hosts{"lb.example": "172.30.1.99"}
	for i := range 5 {
		known[fmt.Sprintf("balancer-%d.example.org", i)] = fmt.Sprintf("172.30.1.%d", i)
	}
	pods := func(c *k8s.Client) (resolve.Namer, error) { return k8s.New(k8s.Config{Client: c}) }
	return []kind{
		{"EndpointSlices", func(s *k8stest.Server) { s.Fail("", "endpoints", k8stest.Status(500, "", "not asked for")) }, pods, parts.bySlices},
		{"Endpoints", func(s *k8stest.Server) { s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", "forbidden")) }, pods, parts.byEndpoints},
		{"load balancers", func(*k8stest.Server) {}, func(c *k8s.Client) (resolve.Namer, error) {
			return k8s.New(k8s.Config{Client: c, External: true, Resolver: known})
		}, func(p parts, port string) meaning { return p.balancers(port, known) }},
	}
}

// ports are all that may be asked for.
func ports() (all []string) {
	for _, n := range append(portNames, "nope") {
		if n != "" {
			all = append(all, n)
		}
	}
	for _, n := range append(numbers, 7777, 9090) {
		all = append(all, strconv.Itoa(int(n)))
	}
	return all
}

// TestMadeObjects: hundreds of objects, written by Kubernetes' encoder, mean what
// Kubernetes' types say, from a list and then from the events of a watch.
func TestMadeObjects(t *testing.T) {
	const services = 250
	for _, kind := range kinds() {
		t.Run(kind.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &maker{Rand: rand.New(rand.NewPCG(10, 26))}
				var server k8stest.Server
				kind.only(&server)
				all := make([]parts, services)
				put := func(i int) {
					for _, o := range all[i].objects() {
						server.Apply(encoded(t, o))
					}
				}
				for i := range all {
					all[i] = m.parts(fmt.Sprint("s", i))
					put(i)
				}
				names := observe(t, &server, kind, services, m)
				compare(t, kind, all, names)

				// Now by events.
				for i := range all {
					if m.chance(50) {
						continue
					}
					next := m.parts(fmt.Sprint("s", i))
					stays := map[key]bool{}
					for _, o := range next.objects() {
						stays[keyOf(o)] = true
					}
					for _, o := range all[i].objects() {
						if k := keyOf(o); !stays[k] || m.chance(30) { // what stays may be new, or another version
							server.Delete(k.kind, namespace, k.name)
						}
					}
					all[i] = next
					put(i)
				}
				compare(t, kind, all, names)
				t.Logf("%d objects, %d names", m.made, services*len(ports()))
			})
		})
	}
}

// observe asks for every port of every Service.
func observe(t *testing.T, server *k8stest.Server, kind kind, services int, m *maker) [][]*asked {
	t.Helper()
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	n, err := kind.make(client)
	if err != nil {
		t.Fatal(err)
	}
	names := make([][]*asked, services)
	for i := range names {
		for _, port := range ports() {
			a := ask(n, "/"+namespace+"/"+m.cased(port)+"/"+m.cased(fmt.Sprint("s", i)))
			t.Cleanup(a.stop)
			names[i] = append(names[i], a)
		}
	}
	return names
}

// compare waits until nothing moves. Of what is asked for enough must be there to
// say that it was compared.
func compare(t *testing.T, kind kind, all []parts, names [][]*asked) {
	t.Helper()
	synctest.Wait()
	for i := range names {
		for _, a := range names[i] {
			a.follow()
		}
	}
	synctest.Wait()
	missing, empty, some, wrong := 0, 0, 0, 0
	for i := range names {
		for at, port := range ports() {
			want := kind.means(all[i], port)
			switch {
			case !want.exists:
				missing++
			case len(want.at) == 0:
				empty++
			default:
				some++
			}
			if why := names[i][at].differs(want); why != "" {
				if wrong++; wrong <= 10 {
					t.Errorf("port %s of Service s%d: %s", port, i, why)
				}
			}
		}
	}
	if wrong > 10 {
		t.Errorf("and %d more", wrong-10)
	}
	if missing < 100 || some < 100 || empty < 20 && kind.name != "load balancers" {
		t.Errorf("only %d names are missing, %d are empty and %d have addresses", missing, empty, some)
	}
}

const fixtures = "../../../../shared/kube-bed/fixtures/"

// fixture is a list of a real cluster.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	if os.IsNotExist(err) {
		t.Skipf("NOT TESTED: the objects of a real cluster are not at %s", fixtures)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestRealObjects: the objects of a real namespace mean what Kubernetes' types say.
func TestRealObjects(t *testing.T) {
	texts := []string{string(fixture(t, "services.json")), string(fixture(t, "endpoints.json")), string(fixture(t, "endpointslices.json"))}
	real := realParts(t, texts)
	for _, kind := range kinds() {
		t.Run(kind.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var server k8stest.Server
				kind.only(&server)
				for _, text := range texts {
					server.Apply(text)
				}
				client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				n, err := kind.make(client)
				if err != nil {
					t.Fatal(err)
				}
				names, some := 0, 0
				for service, p := range real {
					for _, port := range append(ports(), "web", "dns", "dns-tcp", "outgoing", "incoming", "4140", "9990") {
						a := ask(n, "/"+namespace+"/"+port+"/"+service)
						synctest.Wait()
						a.follow()
						synctest.Wait()
						want := kind.means(p, port)
						if why := a.differs(want); why != "" {
							t.Errorf("port %s of %s: %s", port, service, why)
						}
						a.stop()
						names++
						some += min(1, len(want.at))
					}
				}
				t.Logf("%d names, %d with addresses", names, some)
				if some < 10 && kind.name != "load balancers" {
					t.Error("that is too few")
				}
			})
		})
	}
}

// realParts are the objects in texts, by the Service's name.
func realParts(t *testing.T, texts []string) map[string]parts {
	t.Helper()
	real := map[string]parts{}
	for _, text := range texts {
		list, err := strict(t, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		switch list := list.(type) {
		case *corev1.ServiceList:
			for _, o := range list.Items {
				p := real[o.Name]
				p.service = &o
				real[o.Name] = p
			}
		case *corev1.EndpointsList:
			for _, o := range list.Items {
				p := real[o.Name]
				p.endpoints = &o
				real[o.Name] = p
			}
		case *discoveryv1.EndpointSliceList:
			for _, o := range list.Items {
				service := o.Labels[discoveryv1.LabelServiceName]
				p := real[service]
				p.slices = append(p.slices, &o)
				real[service] = p
			}
		default:
			t.Fatalf("a list %T", list)
		}
	}
	return real
}
