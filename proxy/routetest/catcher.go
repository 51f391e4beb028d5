package routetest

import (
	"io"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
)

// catcher learns what a request asks the interpreter for. It stands before the
// interpreter and binds every name to a replica of its own, so that the request
// comes to its end whatever the name means.
type catcher struct {
	caught bool
	dtab   resolve.Dtab
	name   resolve.Path
	inner  resolve.Interpreter // that was asked
}

// before is an interpreter that tells the catcher.
func (c *catcher) before(inner resolve.Interpreter) resolve.Interpreter {
	return catching{c, inner}
}

type catching struct {
	*catcher
	inner resolve.Interpreter
}

// Close closes the interpreter, if that can be closed.
func (c catching) Close() error {
	if closer, ok := c.inner.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

func (c catching) Bind(d resolve.Dtab, p resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	c.caught, c.dtab, c.name, c.catcher.inner = true, d, p, c.inner
	somebody := resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort("192.0.2.1:80"), Weight: 1}}}
	return resolve.Const(resolve.LeafOf(&resolve.Bound{ID: p, Addr: resolve.Const(somebody)}))
}
