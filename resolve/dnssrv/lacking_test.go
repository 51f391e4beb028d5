package dnssrv_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// TestTargetsWithoutAddresses: they are named where the addresses of the others are
// shown.
func TestTargetsWithoutAddresses(t *testing.T) {
	a := reply{answer: []string{"a. A 10.0.0.1"}}
	gone := []string{"web. SRV 1 1 80 a."}
	for _, host := range []string{"g6", "g5", "g4", "g3", "g2", "g1", "G1"} {
		gone = append(gone, "web. SRV 1 1 80 "+host+".")
	}
	for _, c := range []struct {
		what string
		zone map[string]reply
		want string
	}{
		{"none", map[string]reply{"SRV web.": {answer: []string{"web. SRV 1 1 80 a."}}, "A a.": a}, ""},
		{"one that does not exist", map[string]reply{"SRV web.": {answer: []string{"web. SRV 1 1 80 a.", "web. SRV 1 1 80 App01."}}, "A a.": a}, "app01: no such host"},
		{"one of a priority before", map[string]reply{"SRV web.": {answer: []string{"web. SRV 2 1 80 a.", "web. SRV 1 1 80 app01."}}, "A a.": a}, "app01: no such host"},
		{"one of a priority that is not used", map[string]reply{"SRV web.": {answer: []string{"web. SRV 1 1 80 a.", "web. SRV 2 1 80 app01."}}, "A a.": a}, ""},
		{"many", map[string]reply{"SRV web.": {answer: gone}, "A a.": a},
			"g1: no such host; g2: no such host; g3: no such host; g4: no such host; g5: no such host; and 1 more hosts"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newServer(t)
			for question, r := range c.zone {
				s.set(question, r)
			}
			n := newNamer(t, dnssrv.Config{Servers: []string{s.addr}})
			if r := replicasOf(t, n, "/web."); r.Unresolved != c.want || len(r.Addresses) != 1 {
				t.Errorf("got %q beside %s, want %q", r.Unresolved, show(r.Addresses), c.want)
			}
		})
	}
	t.Run("one that nobody can tell of", func(t *testing.T) {
		s := newServer(t)
		s.set("SRV web.", reply{answer: []string{"web. SRV 1 1 80 a.", "web. SRV 1 1 80 b."}})
		s.set("A a.", a)
		s.set("A b.", reply{rcode: dns.RcodeServerFailure})
		n := newNamer(t, dnssrv.Config{Servers: []string{s.addr}})
		want := "b: dnssrv: look up A of b.: server " + s.addr + ": it says SERVFAIL"
		if r := replicasOf(t, n, "/web."); r.Unresolved != want {
			t.Errorf("got %q, want %q", r.Unresolved, want)
		}
	})
}

func replicasOf(t *testing.T, n resolve.Namer, name string) resolve.Replicas {
	t.Helper()
	tree, err := n.Lookup(resolve.MustPath(name)).Wait(t.Context())
	if err != nil || tree.Op != resolve.Leaf {
		t.Fatal(tree.Op, err)
	}
	r, err := tree.Leaf.Bound.Addr.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTargetsThatGo: it is seen that a target has no addresses any more, and that
// none has.
func TestTargetsThatGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted()
		n := newNamer(t, dnssrv.Config{Exchanger: s, MinRefresh: time.Second, MaxRefresh: time.Second})
		const a, b = "a. 1 A 10.0.0.1", "b. 1 A 10.0.0.2"
		s.set("web.", "web. 1 SRV 1 1 80 a.", a)
		tree, err := n.Lookup(resolve.MustPath("/web.")).Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		addr := tree.Leaf.Bound.Addr
		defer addr.Observe(func(resolve.State[resolve.Replicas]) {})()
		expect := func(unresolved, failure string, records ...string) {
			t.Helper()
			s.set("web.", records...)
			time.Sleep(1500 * time.Millisecond)
			synctest.Wait()
			got, failed := addr.Sample(), ""
			if got.Err != nil {
				failed = got.Err.Error()
			}
			if got.Value.Unresolved != unresolved || failed != failure {
				t.Errorf("got %q, %q, want %q, %q", got.Value.Unresolved, failed, unresolved, failure)
			}
		}
		expect("b: no such host", "", "web. 1 SRV 1 1 80 a.", "web. 1 SRV 1 1 80 b.", a)
		expect("", "", "web. 1 SRV 1 1 80 a.", "web. 1 SRV 1 1 80 b.", a, b)
		expect("", "dnssrv: web. has no addresses: a: no such host", "web. 1 SRV 1 1 80 a.")
		expect("", "dnssrv: web. has no SRV records")
	})
}
