package proxy_test

import (
	"bufio"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestStatusObeysLimits: an endpoint that is a status reads a short body, so that the
// connection can be used again, but no longer than any of the limits that there are.
func TestStatusObeysLimits(t *testing.T) {
	const limit = 100 * time.Millisecond
	for _, row := range []struct {
		name   string
		option option
		header string
		status int
	}{
		{"server", withProxy(func(c *proxy.Config) { c.Timeout = limit }), "", 503},
		{"service", withService(router.ServicePolicy{TotalTimeout: limit}), "", 503},
		{"client", withClient(router.ClientPolicy{AttemptTimeout: limit}), "", 503},
		{"deadline", withService(router.ServicePolicy{}), "l5d-ctx-deadline", 504},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := startHop(t, "", row.option)
			h.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{{Status: 401, Weight: 1}}}})
			conn := h.dial(t)
			header := ""
			if row.header != "" {
				now := time.Now()
				header = fmt.Sprintf("%s: %d %d\r\n", row.header, now.UnixNano(), now.Add(limit).UnixNano())
			}
			fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: web\r\n%sContent-Length: 100\r\n\r\n", header)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal("no response in time: ", err)
			}
			if resp.StatusCode != row.status {
				t.Errorf("%d, want %d", resp.StatusCode, row.status)
			}
			resp.Body.Close()
		})
	}
}
