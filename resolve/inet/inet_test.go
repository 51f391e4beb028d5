package inet_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hosts is a resolver that a test sets by hand.
type hosts struct {
	mu    sync.Mutex
	ips   map[string]string
	err   error
	asked int
}

func (h *hosts) set(host, ips string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ips[host], h.err = ips, err
}

// lookups is how many there were.
func (h *hosts) lookups() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

func (h *hosts) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if h.err != nil {
		return nil, h.err
	}
	var out []netip.Addr
	for ip := range strings.FieldsSeq(h.ips[host]) {
		out = append(out, netip.MustParseAddr(ip))
	}
	if out == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

func newNamer(t *testing.T, c inet.Config) *inet.Namer {
	t.Helper()
	n, err := inet.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name   string
		config inet.Config
		exists string
	}{
		{"inet", inet.Config{}, "/web.example/80"},
		{"fixedinet", inet.Config{Fixed: true}, "/web.example/80"},
		{"rinet", inet.Config{PortFirst: true}, "/80/web.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
				c.config.Resolver = &hosts{ips: map[string]string{"web.example": "10.0.0.1"}}
				return resolvetest.Subject{Namer: newNamer(t, c.config), Exists: resolve.MustPath(c.exists)}
			})
		})
	}
}

func TestLookup(t *testing.T) {
	rinet := inet.Config{PortFirst: true}
	for _, c := range []struct {
		vector, name, id, residual, addr string
		config                           inet.Config
	}{
		{vector: "89", name: "/12345/localhost/residual", id: "/12345/localhost", residual: "/residual", addr: "127.0.0.1:12345", config: rinet},
		{"", "/80/127.1", "/80/127.1", "/", "127.0.0.1:80", rinet},
		{"", "/80/::1/x", "/80/::1", "/x", "[::1]:80", rinet},
		{"", "/80/81/x", "/80/81", "/x", "0.0.0.81:80", rinet},
		{"", "/web/80/x", "/web/80", "/x", "10.0.0.1:80", inet.Config{Fixed: true}},
		{"", "/80/x", "/80", "/x", "127.0.0.1:80", inet.Config{Fixed: true}},
		{"80", "/1234/foobar", "/1234", "/foobar", "127.0.0.1:1234", inet.Config{}},
		{"80", "/127.0.0.1/1234", "/127.0.0.1/1234", "/", "127.0.0.1:1234", inet.Config{}},
		{"", "/127.1/80/a/b", "/127.1/80", "/a/b", "127.0.0.1:80", inet.Config{}},
		{"", "/1234/80", "/1234/80", "/", "0.0.4.210:80", inet.Config{}},
		{"", "/::1/80", "/::1/80", "/", "[::1]:80", inet.Config{}},
		{"", `/\x5b\x3a\x3a\x31\x5d/80`, `/\x5b\x3a\x3a\x31\x5d/80`, "/", "[::1]:80", inet.Config{}},
		{"", "/web/80", "/web/80", "/", "10.0.0.1:80", inet.Config{}},
	} {
		name := c.name
		if c.vector != "" {
			name = "vector " + c.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			c.config.Resolver = &hosts{ips: map[string]string{"web": "10.0.0.1", "localhost": "127.0.0.1 ::1"}}
			n := newNamer(t, c.config)
			tree, err := n.Lookup(resolve.MustPath(c.name)).Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b := tree.Leaf.Bound
			r, err := b.Addr.Wait(t.Context())
			if err != nil || b.ID.String() != c.id || b.Residual.String() != c.residual || r.Addresses[0].AddrPort.String() != c.addr {
				t.Errorf("got %s, residual %s, %v, %v", b.ID, b.Residual, r, err)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	n := newNamer(t, inet.Config{})
	for vector, name := range map[string]string{
		"80": "/", "host alone": "/web", "no number": "/web/http", "port 0": "/web/0", "big port": "/web/65536", "signed": `/web/\x2b80`,
	} {
		var unknown *resolve.UnknownNamerError
		if _, err := n.Lookup(resolve.MustPath(name)).Wait(t.Context()); !errors.As(err, &unknown) {
			t.Errorf("vector %s: %s: %v", vector, name, err)
		}
	}
	n = newNamer(t, inet.Config{PortFirst: true})
	for what, name := range map[string]string{"no number": "/http/web", "host first": "/web/80", "port 0": "/0/web", "big port": "/65536/web"} {
		var unknown *resolve.UnknownNamerError
		if _, err := n.Lookup(resolve.MustPath(name)).Wait(t.Context()); !errors.As(err, &unknown) {
			t.Errorf("port first, %s: %s: %v", what, name, err)
		}
	}
	for _, name := range []string{"/", "/80", "/web"} {
		if tree, err := n.Lookup(resolve.MustPath(name)).Wait(t.Context()); tree.Op != resolve.Neg || err != nil {
			t.Errorf("port first: %s is %v, %v", name, tree.Op, err)
		}
	}
	if _, err := inet.New(inet.Config{Refresh: -1}); err == nil {
		t.Error("a negative Refresh was taken")
	}
}

func TestNamesAreLookedUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{ips: map[string]string{"web": "10.0.0.2 10.0.0.1 ::1"}}
		n := newNamer(t, inet.Config{Resolver: h})
		addr := n.Lookup(resolve.MustPath("/web/80")).Sample().Value.Leaf.Bound.Addr
		var got []string
		stop := addr.Observe(func(s resolve.State[resolve.Replicas]) {
			switch {
			case s.Err != nil:
				got = append(got, s.Err.Error())
			case s.Value.Neg:
				got = append(got, "neg")
			case s.Status == resolve.OK:
				text := ""
				for _, a := range s.Value.Addresses {
					text += a.AddrPort.String() + " "
				}
				got = append(got, text)
			}
		})
		next := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		synctest.Wait()
		h.set("web", "10.0.0.1 10.0.0.2", nil) // the same set
		next()
		h.set("web", "::1", nil)
		next()
		h.set("web", "::1", errors.New("server misbehaving"))
		next()
		next()
		h.set("web", "", nil)
		next()
		h.set("web", "10.0.0.3", nil)
		next()
		stop()
		synctest.Wait()
		asked := h.lookups()
		next()
		if h.lookups() != asked {
			t.Error("it still asks though nobody observes it")
		}
		want := []string{
			"10.0.0.1:80 10.0.0.2:80 ", "[::1]:80 ",
			`inet: look up host "web": server misbehaving`, "neg", "10.0.0.3:80 ",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// A fixed name is looked up until it is found, and then no more while it is in
// use.
func TestFixedNamesAreLookedUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{ips: map[string]string{}}
		n := newNamer(t, inet.Config{Resolver: h, Fixed: true})
		addr := n.Lookup(resolve.MustPath("/web/80")).Sample().Value.Leaf.Bound.Addr
		stop := addr.Observe(func(resolve.State[resolve.Replicas]) {})
		next := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		expect := func(want string, asked int) {
			t.Helper()
			got := ""
			for _, a := range addr.Sample().Value.Addresses {
				got += a.String()
			}
			if got != want || h.lookups() != asked {
				t.Errorf("it is at %q after %d look-ups, want %q after %d", got, h.lookups(), want, asked)
			}
		}
		synctest.Wait()
		expect("", 1)
		h.set("web", "", errors.New("server misbehaving"))
		next()
		if s := addr.Sample(); s.Status != resolve.Failed || h.lookups() != 2 {
			t.Errorf("got %+v after %d look-ups", s, h.lookups())
		}
		h.set("web", "10.0.0.1", nil)
		next()
		next() // it was not found twice, so that it takes twice the time
		expect("10.0.0.1:80", 3)
		h.set("web", "10.0.0.2", nil)
		next()
		next()
		expect("10.0.0.1:80", 3)
		stop()
		synctest.Wait()
		stop = addr.Observe(func(resolve.State[resolve.Replicas]) {})
		synctest.Wait()
		expect("10.0.0.2:80", 4)
		stop()
	})
}
