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
	resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
		return resolvetest.Subject{
			Namer:  newNamer(t, inet.Config{Resolver: &hosts{ips: map[string]string{"web.example": "10.0.0.1"}}}),
			Exists: resolve.MustPath("/web.example/80"),
		}
	})
}

func TestLookup(t *testing.T) {
	for _, c := range []struct{ vector, name, id, residual, addr string }{
		{"80", "/1234/foobar", "/1234", "/foobar", "127.0.0.1:1234"},
		{"80", "/127.0.0.1/1234", "/127.0.0.1/1234", "/", "127.0.0.1:1234"},
		{"", "/127.1/80/a/b", "/127.1/80", "/a/b", "127.0.0.1:80"},
		{"", "/1234/80", "/1234/80", "/", "0.0.4.210:80"},
		{"", "/::1/80", "/::1/80", "/", "[::1]:80"},
		{"", `/\x5b\x3a\x3a\x31\x5d/80`, `/\x5b\x3a\x3a\x31\x5d/80`, "/", "[::1]:80"},
		{"", "/web/80", "/web/80", "/", "10.0.0.1:80"},
	} {
		name := c.name
		if c.vector != "" {
			name = "vector " + c.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			n := newNamer(t, inet.Config{Resolver: &hosts{ips: map[string]string{"web": "10.0.0.1"}}})
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
		asked := h.asked
		next()
		if h.asked != asked {
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
