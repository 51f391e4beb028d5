package app

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestDNSServerIsNamed: where -dns says whom to ask, an error names that server,
// not those of the system, which were not asked.
func TestDNSServerIsNamed(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	defer func() { server.Close(); <-served }()
	go func() {
		defer close(served)
		for buf := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			buf[2], buf[3] = 0x81, 0x82 // a response: the server failed
			_, _ = server.WriteTo(buf[:n], from)
		}
	}()
	ports := freePorts(t, 2)
	start(t, "run", "-dns", server.LocalAddr().String(), write(t, fmt.Sprintf(`
admin: {port: %d}
routers:
- {protocol: http, dtab: /svc => /$/inet/app01.example/80, servers: [{port: %d}]}
`, ports[0], ports[1])))
	resp, body := get(t, "", fmt.Sprintf("http://127.0.0.1:%d/", ports[1]), nil)
	if want := "lookup app01.example on " + server.LocalAddr().String() + ": "; resp.StatusCode != 502 || !strings.Contains(body, want) {
		t.Errorf("%d %q, want %q in it", resp.StatusCode, body, want)
	}
}
