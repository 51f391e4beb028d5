package proxy_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestBoundedContext: what names are written as is no way to make a head of 8 KB
// one of 63 KB at the endpoint (attacks.md 15).
func TestBoundedContext(t *testing.T) {
	// A byte that no label has plain has all of the label shown as \x...
	long := strings.Repeat("y", 3000)
	for _, test := range []struct {
		name    string
		request string
		max     int
		status  string
		leftOut uint64
		missing []string
		there   []string
	}{
		{name: "nothing is long", request: "Host: web\r\n", status: "200", there: []string{wire.DstServiceName, wire.DstClientName}},
		{name: "a residual", request: "Host: long\r\n", status: "200", leftOut: 1, missing: []string{wire.DstResidualName}, there: []string{wire.DstServiceName, wire.DstClientName}},
		{name: "a residual that is allowed", request: "Host: long\r\n", max: 32 << 10, status: "200", there: []string{wire.DstServiceName, wire.DstClientName, wire.DstResidualName}},
		{name: "a dtab", request: "Host: web\r\nl5d-dtab: /a=>/\\x01" + long + "\r\n", status: "431"},
		{name: "a dtab that is allowed", request: "Host: web\r\nl5d-dtab: /a=>/\\x01" + long + "\r\n", max: 32 << 10, status: "200", there: []string{wire.CtxDtabName, wire.DstServiceName}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				heads := make(chan string, 1)
				h := startHop(t, rawBackend(t, func(head string) string {
					heads <- head
					return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + closeMark
				}), client, withProxy(func(c *proxy.Config) { c.MaxHeaderBytes = test.max }), withRouter(func(c *router.Config) {
					c.Dtab = append(c.Dtab, resolve.Dentry{Prefix: resolve.PrefixOf(resolve.MustPath("/svc/long")), Dst: resolve.LeafOf(resolve.MustPath("/#/fake/web").AppendLabel("\x01" + long))})
				}))
				head, body := h.exchange(t, "GET / HTTP/1.1\r\nConnection: close\r\n"+test.request+"\r\n")
				if !strings.HasPrefix(head, "HTTP/1.1 "+test.status+" ") {
					t.Fatalf("got %s\n\n%s", head, body)
				}
				if test.status != "200" {
					if lines(head, ctxhdr.ErrName) == nil || h.server.Stats().Refused != 1 {
						t.Errorf("got %s, refused %d", head, h.server.Stats().Refused)
					}
					return
				}
				got := <-heads
				for _, name := range test.missing {
					if lines(got, name) != nil {
						t.Errorf("the endpoint got %s", name)
					}
				}
				for _, name := range test.there {
					if lines(got, name) == nil {
						t.Errorf("the endpoint got no %s", name)
					}
				}
				if test.max == 0 && len(got) > 9<<10 {
					t.Errorf("the endpoint got a head of %d bytes", len(got))
				}
				if n := h.router.Stats().ContextLeftOut; n != test.leftOut {
					t.Errorf("%d headers were left out, want %d", n, test.leftOut)
				}
			})
		})
	}
}
