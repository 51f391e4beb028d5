package proxy_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/proxy"
)

// TestRouteHeader: each hop that tells adds a line, the last hop first; nothing else does.
func TestRouteHeader(t *testing.T) {
	tells := withProxy(func(c *proxy.Config) { c.RouteHeader = true })
	inner := startHop(t, startBackend(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), tells)
	outer := startHop(t, inner.addr, tells, withDtab("/host => /#/fake; /svc => /host"))
	resp, _ := outer.get(t)
	want := []string{"/svc/web > /#/fake/web (/svc=>/#/fake); P2C", "/svc/web > /host/web (/svc=>/host) > /#/fake/web (/host=>/#/fake); P2C"}
	if got := resp.Header["L5d-Route"]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", got, want)
	}
	quiet := startHop(t, inner.addr)
	if resp, _ := quiet.get(t); len(resp.Header["L5d-Route"]) != 1 {
		t.Errorf("a hop that does not tell: %q", resp.Header["L5d-Route"])
	}
	edge := startHop(t, inner.addr, withProxy(func(c *proxy.Config) { c.RouteHeader, c.ClearContext = true, true }))
	if resp, _ := edge.get(t); resp.Header["L5d-Route"] != nil {
		t.Errorf("at the edge: %q", resp.Header["L5d-Route"])
	}
}
