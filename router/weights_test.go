package router_test

import (
	"errors"
	"math"
	"net/netip"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

func address(text string, weight float64) resolve.Address {
	return resolve.Address{AddrPort: netip.MustParseAddrPort(text), Weight: weight}
}

// TestUnion measures how a union of names shares its requests. Three sigmas
// hold 997 times of 1000; three measurements must not all miss them.
func TestUnion(t *testing.T) {
	const requests = 2000
	for _, test := range []struct {
		tree string
		want map[string]float64 // share of each answer; "": no replicas
	}{
		{"/#/fake/a & /#/fake/b", map[string]float64{"10.0.0.1:80": 0.5, "10.0.0.2:80": 0.5}},
		{"1 * /#/fake/a & 3 * /#/fake/b", map[string]float64{"10.0.0.1:80": 0.25, "10.0.0.2:80": 0.75}},
		{"0.9 * /#/fake/a & 0.09 * /#/fake/b & 0.01 * /#/fake/c", map[string]float64{"10.0.0.1:80": 0.9, "10.0.0.2:80": 0.09, "10.0.0.3:80": 0.01}},
		{"0 * /#/fake/a & 1 * /#/fake/b", map[string]float64{"10.0.0.2:80": 1}},
		{"1 * /#/fake/a & 0 * /#/fake/b", map[string]float64{"10.0.0.1:80": 1}},
		{"0 * /#/fake/a & 0 * /#/fake/b", map[string]float64{"": 1}},
		{"/#/fake/a & (/#/fake/b & /#/fake/c)", map[string]float64{"10.0.0.1:80": 0.5, "10.0.0.2:80": 0.25, "10.0.0.3:80": 0.25}},
		{"/#/fake/a & /#/fake/nobody", map[string]float64{"10.0.0.1:80": 1}},
		{"3 * /#/fake/a & 1 * $", map[string]float64{"10.0.0.1:80": 0.75, "": 0.25}},
		{"3 * /#/fake/a & 1 * /#/fake/empty", map[string]float64{"10.0.0.1:80": 0.75, "": 0.25}},
	} {
		t.Run(test.tree, func(t *testing.T) {
			f := start(t, func(c *router.Config) { c.Dtab = resolve.MustDtab("/svc/web => " + test.tree) })
			f.names.Bind("/a", "10.0.0.1:80")
			f.names.Bind("/b", "10.0.0.2:80")
			f.names.Bind("/c", "10.0.0.3:80")
			f.names.Bind("/empty")
			for tries := 3; ; tries-- {
				err := measured(f, t, requests, test.want)
				if err == nil {
					return
				}
				if tries == 1 {
					t.Fatal(err)
				}
			}
		})
	}
}

func measured(f *fixture, t *testing.T, requests int, want map[string]float64) error {
	got := map[string]int{}
	for range requests {
		text, err := f.ask(request(t, "web"))
		if err != nil && asError(t, err).Kind != router.NoReplicas {
			t.Fatal(err)
		}
		got[text]++
	}
	for who, n := range got {
		share := want[who]
		if share == 0 {
			t.Fatalf("%q was picked %d times", who, n)
		}
		mean := share * float64(requests)
		if math.Abs(float64(n)-mean) > 3*math.Sqrt(mean*(1-share)) {
			return errors.New(who + " got another share than its own")
		}
	}
	if len(got) != len(want) {
		return errors.New("not all were picked")
	}
	return nil
}

// TestReplicaWeights: addresses of one set have weights too.
func TestReplicaWeights(t *testing.T) {
	f := start(t)
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{
		address("10.0.0.1:80", 1), address("10.0.0.2:80", 1), address("10.0.0.3:80", 2), address("10.0.0.4:80", 0),
	}}})
	want := map[string]float64{"10.0.0.1:80": 0.25, "10.0.0.2:80": 0.25, "10.0.0.3:80": 0.5}
	for tries := 3; ; tries-- {
		err := measured(f, t, 2000, want)
		if err == nil {
			return
		}
		if tries == 1 {
			t.Fatal(err)
		}
	}
}
