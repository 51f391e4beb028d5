package k8s_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// seen observes a name and what it is bound to, as a router does.
type seen struct {
	namer resolve.Namer
	stop  func()

	mu    sync.Mutex
	name  resolve.State[resolve.NameTree[resolve.Name]]
	names int // how often the name changed
	bound *resolve.Bound
	leave func()
	last  resolve.Replicas // the last good ones
	lost  error
}

// see is for a synctest bubble, which it keeps running until the test ends or
// gone is called.
func see(t *testing.T, n resolve.Namer, path string) *seen {
	t.Helper()
	s := &seen{namer: n}
	s.stop = n.Lookup(resolve.MustPath(path)).Observe(func(st resolve.State[resolve.NameTree[resolve.Name]]) {
		s.mu.Lock()
		before, had := s.leave, s.bound
		s.name, s.bound = st, nil
		if st.Status != resolve.Pending {
			s.names++
		}
		if st.Value.Op == resolve.Leaf {
			s.bound = st.Value.Leaf.Bound
		}
		bound := s.bound
		s.mu.Unlock()
		if bound == had {
			return
		}
		leave := func() {}
		if bound != nil {
			leave = bound.Addr.Observe(func(st resolve.State[resolve.Replicas]) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.lost = st.Err
				if st.Status == resolve.OK {
					s.last = st.Value
				}
			})
		}
		s.mu.Lock()
		s.leave = leave
		s.mu.Unlock()
		if before != nil {
			before()
		}
	})
	t.Cleanup(s.gone)
	return s
}

func (s *seen) gone() {
	s.stop()
	s.mu.Lock()
	leave := s.leave
	s.leave = nil
	s.mu.Unlock()
	if leave != nil {
		leave()
	}
}

// now waits until nothing moves and says what the name is: "neg", "pending",
// "pending: why", "failed: why", or its addresses, "none" if there are none.
func (s *seen) now() string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.name.Status == resolve.Pending && s.name.Err != nil:
		return "pending: " + s.name.Err.Error()
	case s.name.Status == resolve.Pending:
		return "pending"
	case s.name.Status == resolve.Failed:
		return "failed: " + s.name.Err.Error()
	case s.bound == nil:
		return strings.ToLower(s.name.Value.Op.String())
	case len(s.last.Addresses) == 0:
		return "none"
	}
	var all []string
	for _, a := range s.last.Addresses {
		text := a.String()
		if a.NodeName != "" {
			text += "@" + a.NodeName
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func (s *seen) expect(t *testing.T, want string) {
	t.Helper()
	if got := s.now(); got != want {
		t.Errorf("it is %q, not %q", got, want)
	}
}

// watching is how many watches a client has.
func watching(c *k8s.Client) (n int) {
	for _, s := range c.Stats() {
		n += s.Watches
	}
	return n
}

// fixtures holds objects of a real cluster, where they are.
const fixtures = "../../../shared/kube-bed/fixtures/"

// cluster is a server with the objects of the real one.
func cluster(t *testing.T) *k8stest.Server {
	t.Helper()
	var s k8stest.Server
	for _, name := range []string{"services.json", "endpoints.json", "endpointslices.json"} {
		data, err := os.ReadFile(fixtures + name)
		if os.IsNotExist(err) {
			t.Skipf("NOT TESTED: the objects of a real cluster are not at %s", fixtures)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.Apply(string(data))
	}
	return &s
}

const forbidden = `endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:default:default" cannot list resource "endpointslices" in API group "discovery.k8s.io" in the namespace "t"`

// sources runs a test with what serves each of the two resources.
func sources(t *testing.T, f func(t *testing.T, only func(*k8stest.Server))) {
	for name, only := range map[string]func(*k8stest.Server){
		"EndpointSlices":          func(s *k8stest.Server) { s.Fail("", "endpoints", k8stest.Status(500, "", "not asked for")) },
		"Endpoints, 403 of other": func(s *k8stest.Server) { s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden)) },
		"Endpoints, 404 of other": func(s *k8stest.Server) {
			s.Fail("", "endpointslices", k8stest.Status(404, "NotFound", "the server could not find the requested resource"))
		},
	} {
		t.Run(name, func(t *testing.T) { f(t, only) })
	}
}

// bubble runs f with a client in a synctest bubble.
func bubble(t *testing.T, server *k8stest.Server, c k8s.Config, f func(t *testing.T, n *k8s.Namer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, namer(t, server, c)) })
}

// endpoints is an object Endpoints with one subset of port http.
func endpoints(name string, port int, ips ...string) string {
	var all []string
	for _, ip := range ips {
		all = append(all, fmt.Sprintf(`{"ip":%q}`, ip))
	}
	return fmt.Sprintf(`{"kind":"Endpoints","apiVersion":"v1","metadata":{"name":%q,"namespace":"default"},"subsets":[{"addresses":[%s],"ports":[{"name":"http","port":%d,"protocol":"TCP"}]}]}`,
		name, strings.Join(all, ","), port)
}

// get is a request to a scripted server.
func get(t *testing.T, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8001"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
