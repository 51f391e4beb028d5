package routetest

import (
	"net/netip"
	"strconv"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

// fakeHosts replaces the look-up of hosts by a utility, such as /$/inet, with
// one address that has the host's name. Other utilities are as they are.
func fakeHosts(name string, real config.Part[resolve.Namer]) config.Part[resolve.Namer] {
	var place func(id resolve.Path) (host, port string)
	switch name {
	case "inet", "fixedinet":
		place = func(id resolve.Path) (host, port string) {
			if id.Len() == 1 {
				return "localhost", id.Label(0)
			}
			return id.Label(0), id.Label(1)
		}
	case "io.buoyant.rinet":
		place = func(id resolve.Path) (host, port string) { return id.Label(1), id.Label(0) }
	default:
		return real
	}
	return func(o config.BuildOptions) (resolve.Namer, error) {
		namer, err := real(o)
		if err != nil {
			return nil, err
		}
		return hosts{namer, place}, nil
	}
}

type hosts struct {
	real  resolve.Namer
	place func(id resolve.Path) (host, port string)
}

func (h hosts) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.MapActivity(h.real.Lookup(p), func(t resolve.NameTree[resolve.Name]) resolve.NameTree[resolve.Name] {
		return resolve.MapTree(t, func(n resolve.Name) resolve.Name {
			if n.Bound == nil {
				return n
			}
			b := *n.Bound
			b.Addr = resolve.Const(resolve.Replicas{Addresses: []resolve.Address{address(h.place(b.ID))}})
			return resolve.Name{Bound: &b}
		})
	})
}

// address is an address that nobody has looked up.
func address(host, port string) resolve.Address {
	number, _ := strconv.ParseUint(port, 10, 16)
	ip, ok := hostaddr.ParseIP(host)
	switch {
	case ok:
	case host == "localhost":
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		ip = netip.AddrFrom4([4]byte{192, 0, 2, 1}) // for documentation: nobody has it
	}
	return resolve.Address{AddrPort: netip.AddrPortFrom(ip, uint16(number)), Host: host, Weight: 1}
}
