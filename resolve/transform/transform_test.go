package transform_test

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	portPrefix      = resolve.MustPath("/%/io.l5d.port/4141")
	localhostPrefix = resolve.MustPath("/%/io.l5d.localhost")
)

func localhost(t *testing.T, ips ...string) resolve.Transformer {
	t.Helper()
	var addrs []netip.Addr
	for _, ip := range ips {
		addrs = append(addrs, netip.MustParseAddr(ip))
	}
	l, err := transform.Localhost(localhostPrefix)
	if len(ips) > 0 {
		l, err = transform.SpecificHost(localhostPrefix, addrs...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTransformers(t *testing.T) {
	port := transform.Port(4141, portPrefix)
	host, err := transform.SpecificHost(resolve.MustPath("/%/io.l5d.specificHost"), netip.MustParseAddr("10.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what         string
		transformers []resolve.Transformer
		addrs        []string
		id           string
		want         []string
		neg          bool
	}{
		{"port", []resolve.Transformer{port}, []string{"10.0.0.1:80", "10.0.0.2:81"},
			"/%/io.l5d.port/4141/#/n/x", []string{"10.0.0.1:4141", "10.0.0.2:4141"}, false},
		{"port collapses duplicates", []resolve.Transformer{port}, []string{"10.0.0.1:80", "10.0.0.1:81"},
			"/%/io.l5d.port/4141/#/n/x", []string{"10.0.0.1:4141"}, false},
		{"port of nothing", []resolve.Transformer{port}, nil, "/%/io.l5d.port/4141/#/n/x", nil, false},
		{"localhost", []resolve.Transformer{localhost(t, "10.0.0.1", "::1")}, []string{"10.0.0.1:80", "10.0.0.2:80", "[::1]:80", "[::ffff:10.0.0.1]:81"},
			"/%/io.l5d.localhost/#/n/x", []string{"10.0.0.1:80", "[::1]:80", "[::ffff:10.0.0.1]:81"}, false},
		{"localhost with nothing left", []resolve.Transformer{localhost(t, "10.0.0.1")}, []string{"10.0.0.2:80"},
			"/%/io.l5d.localhost/#/n/x", nil, true},
		{"this machine", []resolve.Transformer{localhost(t)}, []string{"127.0.0.1:80", "192.0.2.77:80", "127.0.1.1:80", "[::ffff:127.9.9.9]:80"},
			"/%/io.l5d.localhost/#/n/x", []string{"127.0.0.1:80", "127.0.1.1:80", "[::ffff:127.9.9.9]:80"}, false},
		{"loopback of another's", []resolve.Transformer{localhost(t, "10.0.0.1")}, []string{"127.0.0.1:80", "10.0.0.1:80"},
			"/%/io.l5d.localhost/#/n/x", []string{"10.0.0.1:80"}, false},
		{"specific host", []resolve.Transformer{host}, []string{"10.0.0.1:80", "10.0.0.2:80", "[::ffff:10.0.0.1]:81"},
			"/%/io.l5d.specificHost/#/n/x", []string{"10.0.0.1:80", "[::ffff:10.0.0.1]:81"}, false},
		{"specific host with nothing left", []resolve.Transformer{host}, []string{"10.0.0.2:80"},
			"/%/io.l5d.specificHost/#/n/x", nil, true},
		{"specific host after port", []resolve.Transformer{port, host}, []string{"10.0.0.1:80", "10.0.0.2:80"},
			"/%/io.l5d.specificHost/%/io.l5d.port/4141/#/n/x", []string{"10.0.0.1:4141"}, false},
		{"port after localhost", []resolve.Transformer{localhost(t, "10.0.0.1"), port}, []string{"10.0.0.1:80", "10.0.0.2:80"},
			"/%/io.l5d.port/4141/%/io.l5d.localhost/#/n/x", []string{"10.0.0.1:4141"}, false},
	} {
		for _, at := range []string{"interpreter", "namer"} {
			t.Run(c.what+" at the "+at, func(t *testing.T) {
				var n resolvetest.Namer
				n.Bind("/x", c.addrs...)
				mount := resolve.Mount{Prefix: resolve.MustPath("/#/n"), Namer: &n}
				var config resolve.Config
				if at == "namer" {
					mount.Transformers = c.transformers
				} else {
					config.Transformers = c.transformers
				}
				config.Namers = []resolve.Mount{mount}
				in, err := resolve.New(config)
				if err != nil {
					t.Fatal(err)
				}
				tree, err := in.Bind(resolve.MustDtab("/s=>/#/n"), resolve.MustPath("/s/x/rest")).Wait(t.Context())
				if err != nil || tree.Op != resolve.Leaf {
					t.Fatalf("bound to %v, %v", tree.Op, err)
				}
				b := tree.Leaf
				if b.ID.String() != c.id || b.Residual.String() != "/rest" {
					t.Errorf("got %s with residual %s, want %s", b.ID, b.Residual, c.id)
				}
				r, err := b.Addr.Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, a := range r.Addresses {
					got = append(got, a.AddrPort.String())
				}
				if diff := cmp.Diff(c.want, got); diff != "" || r.Neg != c.neg {
					t.Errorf("neg is %v; %s", r.Neg, diff)
				}
			})
		}
	}
}

// TestThisMachine: all addresses of the interfaces are this machine's.
func TestThisMachine(t *testing.T) {
	of, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range of {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() {
			want = append(want, netip.AddrPortFrom(p.Addr(), 80).String())
		}
	}
	if len(want) == 0 {
		t.Skip("NOT TESTED: no interface has an address but the loopback's")
	}
	if _, got, _ := after(t, localhost(t), resolve.Const(replicasOf(want...))); !slices.Equal(got, want) {
		t.Errorf("got %q of %q", got, want)
	}
}

// An address that is a status has no host and no port.
func TestStatusIsEverywhere(t *testing.T) {
	n := status{resolve.MustPath("/401")}
	for _, transformer := range []resolve.Transformer{transform.Port(4141, portPrefix), localhost(t, "10.0.0.1")} {
		in, err := resolve.New(resolve.Config{
			Utilities:    map[string]resolve.Namer{"status": n},
			Transformers: []resolve.Transformer{transformer},
		})
		if err != nil {
			t.Fatal(err)
		}
		tree, err := in.Bind(nil, resolve.MustPath("/$/status/401")).Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := tree.Leaf.Addr.Wait(t.Context())
		if want := []resolve.Address{{Status: 401, Weight: 1}}; err != nil || r.Neg || !slices.Equal(r.Addresses, want) {
			t.Errorf("%s: got %+v, %v", transformer, r, err)
		}
	}
}

// status is a namer whose names are the status 401.
type status struct{ id resolve.Path }

func (n status) Lookup(resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
		ID: n.id, Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Status: 401, Weight: 1}}}),
	}}))
}

func TestSpecificHostNeedsAnIP(t *testing.T) {
	if _, err := transform.SpecificHost(localhostPrefix); err == nil {
		t.Error("no IP was taken")
	}
}

func TestTransformersFollow(t *testing.T) {
	var n resolvetest.Namer
	n.Bind("/x", "10.0.0.1:80")
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{
		Prefix: resolve.MustPath("/#/n"), Namer: &n,
		Transformers: []resolve.Transformer{transform.Port(4141, portPrefix)},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	a := in.Bind(nil, resolve.MustPath("/#/n/x"))
	defer a.Observe(func(resolve.State[resolve.NameTree[*resolve.Bound]]) {})()
	addr := a.Sample().Value.Leaf.Addr
	defer addr.Observe(func(resolve.State[resolve.Replicas]) {})()
	n.Bind("/x", "10.0.0.2:80")
	if got := addr.Sample().Value.Addresses[0].AddrPort.String(); got != "10.0.0.2:4141" {
		t.Errorf("the address is %s", got)
	}
	broken := errors.New("broken")
	n.SetReplicas("/x", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: broken})
	if got := addr.Sample(); got.Err != broken {
		t.Errorf("the address is %+v", got)
	}
	// Names that are looked up again are not transformed, and Neg stays Neg.
	n.Set("/x", "/#/n/y")
	n.Bind("/y")
	if got := a.Sample().Value.Leaf.ID.String(); got != "/%/io.l5d.port/4141/#/n/y" {
		t.Errorf("bound to %s", got)
	}
	n.Remove("/x")
	if got := a.Sample(); got.Status != resolve.OK || got.Value.Op != resolve.Neg {
		t.Errorf("got %+v", got)
	}
}
