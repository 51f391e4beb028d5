package router_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestChoiceLeavesNoConnection: the connection that a question to a hop was sent on is not
// kept, neither when the response is read nor when there is none.
func TestChoiceLeavesNoConnection(t *testing.T) {
	for _, fails := range []bool{false, true} {
		transports := &closers{}
		f := start(t, func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, config router.TransportConfig) http.RoundTripper {
				one := transports.open(a, config).(*closer)
				if fails {
					return broken{one}
				}
				return one
			}
		})
		f.names.Bind("/web", "10.0.0.1:80")
		r := request(t, "web")
		resp, err := f.View().Choose(f.View().Explain(r), r).Transport.RoundTrip(r)
		if (err != nil) != fails {
			t.Fatal(err)
		}
		if made, closed := transports.counts(); err == nil && (made != 1 || closed != 0) {
			t.Errorf("before the response is read %d of %d transports are closed", closed, made)
		}
		if err == nil {
			resp.Body.Close()
		}
		if made, closed := transports.counts(); made != 1 || closed != 1 {
			t.Errorf("fails: %v; %d of %d transports are closed", fails, closed, made)
		}
	}
}

// TestChoose: the balancer of a set that is connected chooses; where none is, the address
// is a guess by weight.
func TestChoose(t *testing.T) {
	f := start(t)
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{
		{AddrPort: netip.MustParseAddrPort("10.0.0.1:80")}, {AddrPort: netip.MustParseAddrPort("10.0.0.2:80"), Weight: 1},
	}}})
	f.names.Bind("/empty")
	expect := func(about string, connected bool) {
		t.Helper()
		r := request(t, "web")
		c := f.View().Choose(f.View().Explain(r), r)
		if c == nil || c.Connected != connected || c.Target.Bound.String() != "/#/fake/web" || c.Address.AddrPort.String() != "10.0.0.2:80" {
			t.Errorf("%s: %+v", about, c)
		}
	}
	expect("no request was sent", false)
	f.mustAsk(t, request(t, "web"))
	expect("one was", true)
	r := request(t, "empty")
	if c := f.View().Choose(f.View().Explain(r), r); c != nil {
		t.Errorf("where nobody is: %+v", c)
	}
}

// broken is a transport whose requests fail.
type broken struct{ *closer }

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, errTest }
