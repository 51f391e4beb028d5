package articles

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/helloworld"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is linkerd.yaml, running, and the services around it. "hello" asks
// "world", which asks "moon"; world and moon come in two versions.
type scene struct {
	*proxytest.Mesh
	t     *testing.T
	disco string

	mu   sync.Mutex
	seen map[string]http.Header // what a service got last
}

// start starts everything; forward says whether services send the l5d-ctx-*
// headers on.
func start(t *testing.T, forward bool) *scene {
	t.Helper()
	s := &scene{t: t, disco: t.TempDir(), seen: map[string]http.Header{}}
	outgoing, incoming, edge := proxytest.Listen(t), proxytest.Listen(t), proxytest.Listen(t)
	mesh := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", outgoing.Port)}
	s.service("hello", helloworld.Config{Text: "Hello", Target: "world", Proxy: mesh, Forward: forward})
	s.service("world-v1", helloworld.Config{Text: "world", Target: "moon", Proxy: mesh, Forward: forward})
	s.service("world-v2", helloworld.Config{Text: "world-v2", Target: "moon", Proxy: mesh, Forward: forward})
	s.service("moon-v1", helloworld.Config{Text: "moon"})
	s.service("moon-v2", helloworld.Config{Text: "moon-v2"})
	text, err := os.ReadFile("linkerd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	yaml := strings.NewReplacer("4140", port(outgoing.Port), "4141", port(incoming.Port), "4142", port(edge.Port), "disco", s.disco).Replace(string(text))
	s.Mesh = proxytest.Options{On: []*proxytest.Listener{outgoing, incoming, edge}}.Start(t, yaml)
	return s
}

func port(number int) string { return fmt.Sprint(number) }

// service starts a service and writes its address where the mesh looks.
func (s *scene) service(name string, c helloworld.Config) {
	s.t.Helper()
	a, err := helloworld.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen[name] = r.Header.Clone()
		s.mu.Unlock()
		a.ServeHTTP(w, r)
	}))
	s.t.Cleanup(func() { server.Close(); a.Close() })
	s.write(name, strings.TrimPrefix(server.URL, "http://"))
}

// write says where a name has its replicas; none is an empty file.
func (s *scene) write(name string, addrs ...string) {
	s.t.Helper()
	text := ""
	for _, a := range addrs {
		host, port, err := net.SplitHostPort(a)
		if err != nil {
			s.t.Fatal(err)
		}
		text += host + " " + port + "\n"
	}
	if err := os.WriteFile(filepath.Join(s.disco, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) remove(name string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.disco, name)); err != nil {
		s.t.Fatal(err)
	}
}

// headers are what a service got last, those of the mesh, in lower case.
func (s *scene) headers(service string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for name, values := range s.seen[service] {
		if name = strings.ToLower(name); strings.HasPrefix(name, "l5d-") {
			out[name] = strings.Join(values, ", ")
		}
	}
	return out
}

// get asks a service through a router; the header lines are "name: value". The
// answer is without the addresses that the services put into it.
func (s *scene) get(c *http.Client, service string, header ...string) (status int, answer string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+service+"/", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	resp, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.Header.Get(ctxhdr.ErrName) != "" {
		return resp.StatusCode, "l5d-err"
	}
	return resp.StatusCode, strings.ReplaceAll(string(body), " (127.0.0.1)", "")
}

// expect is get with what must come of it.
func (s *scene) expect(c *http.Client, service, want string, header ...string) {
	s.t.Helper()
	if status, got := s.get(c, service, header...); status != http.StatusOK || got != want {
		s.t.Errorf("%s with %q answers %d %q, want %q", service, header, status, got, want)
	}
}

// eventually waits until a change of the directory has been seen.
func (s *scene) eventually(c *http.Client, service string, status int, answer string) {
	s.t.Helper()
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		gotStatus, got := s.get(c, service)
		if gotStatus == status && got == answer {
			return
		}
		if time.Now().After(late) {
			s.t.Fatalf("%s answers %d %q, want %d %q", service, gotStatus, got, status, answer)
		}
	}
}
