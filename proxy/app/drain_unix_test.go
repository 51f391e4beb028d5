//go:build unix

package app

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// TestAdminOutlivesTheDrain: while requests end, the admin server says that the process
// is not ready any more, and shows metrics.
func TestAdminOutlivesTheDrain(t *testing.T) {
	backend := startReplica(t, "web")
	p := start(t, "run", write(t, fmt.Sprintf(
		"admin: {port: 0}\nrouters:\n- protocol: http\n  dtab: /svc => /$/inet/127.0.0.1/%s\n  servers:\n  - port: 0\n", backend.port)))
	pages := "http://" + p.addr("admin")
	if resp, text := get(t, "", pages+"/admin/ready", nil); resp.StatusCode != 200 || text != "ready\n" {
		t.Errorf("%d %q", resp.StatusCode, text)
	}
	conn, err := net.Dial("tcp", p.addr("router http"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n")
	<-backend.arrived
	p.cancel()
	p.ended = true
	waitFor(t, "not ready", func() bool {
		resp, text := get(t, "", pages+"/admin/ready", nil)
		return resp.StatusCode == 503 && text == "not ready\n"
	})
	if _, text := get(t, "", pages+"/metrics", nil); !strings.Contains(text, "meshhop_router_pending{rt=\"http\"} 1\n") {
		t.Errorf("the metrics are %s", text)
	}
	backend.release <- struct{}{}
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(answer), "web") {
		t.Errorf("%q, %v", answer, err)
	}
	if status := <-p.status; status != 0 {
		t.Errorf("status %d: %s", status, p.err)
	}
}
