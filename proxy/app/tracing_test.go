//go:build unix

package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestIdentifierPort: the second listener says how requests are identified, and closes when
// a reload takes it out of the file.
func TestIdentifierPort(t *testing.T) {
	const routers = "routers: [{protocol: http, label: out, dtab: /svc => /$/inet/127.1/1, servers: [{port: 0}]}]\n"
	p := startReloading(t, "admin: {port: 0, httpIdentifierPort: 0}\n"+routers)
	addr := p.addr("admin, identifiers")
	in, err := http.NewRequest("GET", "http://"+addr+"/any", nil)
	if err != nil {
		t.Fatal(err)
	}
	in.Host = "web"
	in.Close = true
	resp, err := http.DefaultClient.Do(in)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if want := `{"out":{"path":"/svc/web","dtab":"/svc=\u003e/$/inet/127.1/1"}}`; string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
	p.change("admin: {port: 0}\n"+routers, true)
	waitFor(t, "the second listener to close", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// TestTracingSwitch: what is switched off at the admin server stays off after a reload.
func TestTracingSwitch(t *testing.T) {
	replica := startReplica(t, "web")
	yaml := "admin: {port: 0}\ntelemetry: [{kind: io.l5d.tracelog, sampleRate: 1.0}]\n" +
		"routers: [{protocol: http, label: out, dtab: /svc => /$/inet/127.0.0.1/" + replica.port + ", servers: [{port: 0}]}]\n"
	p := startReloading(t, yaml)
	admin, hop := p.addr("admin"), p.addr("router out")
	post := func(query string) {
		t.Helper()
		resp, err := http.Post("http://"+admin+"/admin/tracing?"+query, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	ask := func(host string) {
		t.Helper()
		in, err := http.NewRequestWithContext(context.Background(), "GET", "http://"+hop+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		in.Host, in.Close = host, true
		resp, err := http.DefaultClient.Do(in)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	spans := func(host string) bool {
		return strings.Contains(p.err.String(), fmt.Sprintf("name=%q", "out /svc/"+host))
	}
	ask("first")
	waitFor(t, "a span", func() bool { return spans("first") })
	post("disable=true")
	ask("second")
	p.reload(true)
	ask("third")
	post("enable=true")
	ask("fourth")
	waitFor(t, "a span", func() bool { return spans("fourth") })
	if spans("second") || spans("third") {
		t.Errorf("spans of what should not be recorded:\n%s", p.err)
	}
}
