package router_test

import (
	"net/netip"
	"testing"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// TestSentDtab: the next hop gets the request's own entries, without those that were left
// out.
func TestSentDtab(t *testing.T) {
	dtab := resolve.MustDtab("/svc=>/#/fake;/a=>/b;/c=>/d;/e=>/f")
	leftOut := func(entries ...int) *resolve.Delegation {
		d := &resolve.Delegation{}
		for _, i := range entries {
			d.LeftOut = append(d.LeftOut, resolve.LeftOut{Entry: &dtab[i]})
		}
		return d
	}
	for _, row := range []struct {
		delegation *resolve.Delegation
		want       string
	}{
		{nil, "/a=>/b;/c=>/d;/e=>/f"},
		{leftOut(), "/a=>/b;/c=>/d;/e=>/f"},
		{leftOut(1), "/c=>/d;/e=>/f"},
		{leftOut(2, 1), "/e=>/f"},
		{leftOut(1, 2, 3), ""},
	} {
		e := &routerview.Explanation{Dtab: dtab, Base: 1, Delegation: row.delegation}
		if got := e.SentDtab().String(); got != row.want {
			t.Errorf("sent %s, want %s", got, row.want)
		}
	}
	if e := (&routerview.Explanation{Base: 1}); len(e.SentDtab()) != 0 {
		t.Errorf("of a name without a dtab %s is sent", e.SentDtab())
	}
}

// TestChooseByWeight: without a balancer the share of an address is that of its weight, and
// any is chosen where none has a weight.
func TestChooseByWeight(t *testing.T) {
	const times = 1000
	f := start(t)
	for _, row := range []struct {
		name        string
		weights     [2]float64
		least, most int // of the second
	}{
		{"weighed", [2]float64{1, 3}, 600, 900},
		{"unweighed", [2]float64{0, 0}, 300, 700},
	} {
		f.names.SetReplicas("/"+row.name, resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{
			{AddrPort: netip.MustParseAddrPort("10.0.0.1:1"), Weight: row.weights[0]}, {AddrPort: netip.MustParseAddrPort("10.0.0.2:2"), Weight: row.weights[1]},
		}}})
		r := request(t, row.name)
		e, second := f.View().Explain(r), 0
		for range times {
			if c := f.View().Choose(e, r); c.Connected {
				t.Fatal("it is connected")
			} else if c.Address.AddrPort.Port() == 2 {
				second++
			}
		}
		if second < row.least || second > row.most {
			t.Errorf("%s: the second address is chosen %d times of %d", row.name, second, times)
		}
	}
}
