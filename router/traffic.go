package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/resolve"
)

// observed has a transport tell of its connections, if it can; those of package h1 do.
func observed(t http.RoundTripper, by traffic.Client) http.RoundTripper {
	if o, ok := t.(interface{ Observe(traffic.Client) }); ok {
		o.Observe(by)
	}
	return t
}

// Traffic implements [routerview.Reporter].
func (r view) Traffic() map[resolve.Path]tally.ClientTotals {
	all := map[resolve.Path]tally.ClientTotals{}
	r.clients.values(func(c *client) { all[c.id] = c.moved.Read() })
	return all
}
