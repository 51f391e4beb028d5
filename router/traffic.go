package router

import (
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/resolve"
)

// Traffic returns what went over the connections to each replica set in the cache, by its
// id, for metrics. Totals go on where endpoints leave a set. Of transports that do not
// count connections, which those of [HTTPTransport] do not, all is zero.
func (r *Router) Traffic() map[resolve.Path]tally.ClientTotals {
	all := map[resolve.Path]tally.ClientTotals{}
	r.clients.values(func(c *client) { all[c.id] = c.tally.Read() })
	return all
}
