package proxytest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// sent is what became of a request for a name with headers, through a server.
func sent(t testing.TB, server, host string, headers ...string) (resp *http.Response, body string) {
	t.Helper()
	r, err := http.NewRequest("GET", server+"/admin/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if resp, err = transport.RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func portOf(t testing.TB, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// ownNode is the mesh of the articles, on one node: outgoing sends all to
// incoming, which sends to what is local; and a router "front" without
// transformers. world-v1, world-v2 and world-v3 are services; self is a file of
// io.l5d.fs that names the admin server.
func ownNode(t testing.TB) (mesh *proxytest.Mesh, admin, front string) {
	t.Helper()
	disco := t.TempDir()
	write := func(name, port string) {
		if err := os.WriteFile(filepath.Join(disco, name), []byte("127.0.0.1 "+port+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"world-v1", "world-v2", "world-v3"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, name) }))
		t.Cleanup(s.Close)
		write(name, portOf(t, s.URL))
	}
	in, out := proxytest.Listen(t), proxytest.Listen(t)
	mesh = proxytest.Options{On: []*proxytest.Listener{in, out}}.Start(t, fmt.Sprintf(`
namers:
- kind: io.l5d.fs
  rootDir: %[1]s
routers:
- protocol: http
  label: outgoing
  dtab: &dtab |
    /srv        => /#/io.l5d.fs ;
    /host       => /srv ;
    /svc        => /host ;
    /host/world => /srv/world-v1 ;
  interpreter: {kind: default, transformers: [{kind: io.l5d.port, port: %[2]d}]}
  servers: [{port: %[3]d}]
- protocol: http
  label: incoming
  dtab: *dtab
  interpreter: {kind: default, transformers: [{kind: io.l5d.localhost}]}
  servers: [{port: %[2]d}]
- protocol: http
  label: front
  dtab: *dtab
  servers: [{port: 0}]
- protocol: http
  label: chain
  dtab: /svc => /$/inet/127.0.0.1/%[3]d
  servers: [{port: 0}]
`, disco, in.Port, out.Port))
	admin, front = portOf(t, mesh.AdminURL), portOf(t, mesh.URL("front"))
	write("self", admin)
	write("some", admin)
	return mesh, admin, front
}

// TestOwnListeners: an override does not lead to where the process itself listens,
// unless it is a transformer that leads there.
func TestOwnListeners(t *testing.T) {
	mesh, admin, front := ownNode(t)
	type row struct{ router, dtab, want string }
	rows := []row{
		// What the articles do, on the own node.
		{"outgoing", "", "200 world-v1"},
		{"outgoing", "/host/world => /srv/world-v2", "200 world-v2"},
		{"outgoing", "/svc => /$/inet/127.0.0.1/" + admin, "200 pong"}, // io.l5d.port sends it to incoming, and io.l5d.localhost keeps it
		{"incoming", "/host/world => /srv/world-v2;", "200 world-v2"},
		{"front", "/host/world => /srv/world-v3", "200 world-v3"},
		{"chain", "", "200 world-v1"},
		{"chain", "/host/world => /srv/world-v2", "200 world-v2"}, // the base dtab leads to another server of this process
		// What an override wrote itself.
		{"front", "/svc => /$/inet/127.0.0.1/" + admin, "403"},
		{"front", "/svc => /$/inet/127.0.0.1/" + front, "403"},
		{"front", "/svc => /$/inet/127.0.0.1/" + portOf(t, mesh.URL("incoming")), "403"},
		{"front", "/svc => /$/inet/127.1/" + admin, "403"},
		{"front", "/svc => /$/inet/127.0.0.2/" + admin, "403"},
		{"front", "/svc => /$/inet/" + admin, "403"},
		{"front", "/svc => /$/inet/localhost/" + admin, "403"},
		{"front", "/svc => /$/inet/0.0.0.0/" + admin, "403"},
		{"front", "/svc => /$/inet/::1/" + admin, "403"},
		{"front", "/svc => /$/inet/::/" + admin, "403"},
		{"front", "/svc => /$/inet/::ffff:127.0.0.1/" + admin, "403"},
		{"front", "/svc => /$/inet/::ffff:0.0.0.0/" + admin, "403"},
		{"front", "/svc => /$/fixedinet/127.0.0.1/" + admin, "403"},
		{"front", "/svc => /$/fixedinet/localhost/" + admin, "403"},
		{"front", "/svc => /$/io.buoyant.rinet/" + admin + "/127.0.0.1", "403"},
		{"front", "/svc => /#/io.l5d.fs/self", "403"},
		{"front", "/host/world => /srv/self", "403"},
		{"front", "/srv/world-v1 => /srv/self", "403"},
		{"front", "/#/io.l5d.fs/world-v1 => /#/io.l5d.fs/self", "403"},
		{"front", "/svc => /a; /a => /b | /c; /c => /$/inet/127.0.0.1/" + admin, "403"},
		{"front", "/svc => /$/io.buoyant.hostportPfx/target/127.0.0.1:" + admin + "; /target => /$/inet", "403"},
		{"front", "/svc => ~ | 1 * /$/inet/127.0.0.1/" + admin + " & 0 * /#/io.l5d.fs/world-v1", "403"},
		{"chain", "/svc => /$/inet/127.0.0.1/" + portOf(t, mesh.URL("outgoing")), "403"}, // an entry of the base dtab, but brought by the request
	}
	if name, err := os.Hostname(); err == nil {
		if ips, err := net.LookupHost(name); err == nil && len(ips) > 0 {
			rows = append(rows, row{"front", "/svc => /$/inet/" + name + "/" + admin, "403"})
		}
	}
	if addrs, err := net.InterfaceAddrs(); err == nil {
		for _, addr := range addrs {
			if ip, err := netip.ParsePrefix(addr.String()); err == nil && ip.Addr().Zone() == "" {
				rows = append(rows, row{"front", "/svc => /$/inet/" + ip.Addr().String() + "/" + admin, "403"})
			}
		}
	}
	for _, row := range rows {
		for _, header := range []string{"l5d-dtab", "l5d-ctx-dtab"} {
			t.Run(header+" of "+row.router+" "+row.dtab, func(t *testing.T) {
				resp, body := sent(t, mesh.URL(row.router), "world", header+": "+row.dtab)
				got := fmt.Sprint(resp.StatusCode)
				if resp.StatusCode == 200 {
					got += " " + body
				}
				if got != row.want {
					t.Errorf("got %s, want %s:\n%s", got, row.want, body)
				}
				if err := resp.Header.Get(ctxhdr.ErrName); resp.StatusCode == 403 && (err == "" || !strings.Contains(body, "where this proxy itself listens")) {
					t.Errorf("l5d-err %q, body %q", err, body)
				}
			})
		}
	}
	t.Run("dtab-local is nothing to us", func(t *testing.T) {
		if resp, body := sent(t, mesh.URL("front"), "world", "dtab-local: /svc => /$/inet/127.0.0.1/"+admin); resp.StatusCode != 200 || body != "world-v1" {
			t.Errorf("%s %s", resp.Status, body)
		}
	})
	var forbidden uint64
	for _, r := range mesh.Config.Routers {
		forbidden += r.Stats().Forbidden
	}
	want := uint64(0)
	for _, row := range rows {
		if row.want == "403" {
			want += 2
		}
	}
	if forbidden != want {
		t.Errorf("%d requests were counted as forbidden, want %d", forbidden, want)
	}
}

// TestOverridesOfAServer: each form of the key, at the socket.
func TestOverridesOfAServer(t *testing.T) {
	var got http.Header
	service := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Clone()
			io.WriteString(w, name)
		}))
		t.Cleanup(s.Close)
		return portOf(t, s.URL)
	}
	disco := t.TempDir()
	v1, v2, far := service("v1"), service("v2"), service("far")
	for name, port := range map[string]string{"v1": v1, "v2": v2} {
		if err := os.WriteFile(filepath.Join(disco, name), []byte("127.0.0.1 "+port+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mesh := proxytest.Start(t, `
namers: [{kind: io.l5d.fs, rootDir: `+disco+`}]
routers:
- protocol: http
  label: plain
  dtab: &dtab "/srv => /#/io.l5d.fs; /svc => /srv/v1; /far => /$/inet/127.0.0.1/`+far+`"
  servers:
  - {port: 0}
  - {port: 0, overrides: true}
  - {port: 0, overrides: false}
  - {port: 0, overrides: {allow: [/#]}}
  - {port: 0, overrides: {deny: [/$/inet], onDenied: refuse}}
  - {port: 0, overrides: {allow: [/#, /$/inet], deny: ["/#/*/v2"]}}
  - {port: 0, overrides: {deny: [/], onDenied: refuse}}
  - {port: 0, overrides: false, clearContext: true}
- protocol: http
  label: moved
  dtab: *dtab
  interpreter: {kind: default, transformers: [{kind: io.l5d.port, port: `+v1+`}]}
  servers:
  - {port: 0, overrides: {allow: [/#/io.l5d.fs/v2]}}
`)
	toFar := "/svc => /$/inet/127.0.0.1/" + far
	for _, row := range []struct {
		server int
		dtab   string
		want   string
		passed string // l5d-ctx-dtab at the service
	}{
		{0, "", "200 v1", ""},
		{0, toFar, "200 far", "/svc=>/$/inet/127.0.0.1/" + far},
		{1, toFar, "200 far", "/svc=>/$/inet/127.0.0.1/" + far},
		{2, toFar, "200 v1", ""},
		{2, "/svc => /srv/v2", "200 v1", ""},
		{2, "no dtab", "200 v1", ""},
		{3, toFar, "200 v1", ""},
		{3, "/svc => /far", "200 v1", ""},
		{3, "/svc => /srv/v2", "200 v2", "/svc=>/srv/v2"},
		{3, "/svc => /srv/v2; /svc => /far; /other => /far", "200 v2", "/svc=>/srv/v2;/other=>/far"},
		{4, toFar, "403", ""},
		{4, "/svc => /srv/v2", "200 v2", "/svc=>/srv/v2"},
		{4, "/other => /far", "200 v1", "/other=>/far"},
		{5, toFar, "200 far", "/svc=>/$/inet/127.0.0.1/" + far},
		{5, "/svc => /srv/v2", "200 v1", ""},
		{6, "/svc => /srv/v1", "403", ""},
		{6, "/x => /y", "200 v1", "/x=>/y"},
		{7, toFar, "200 v1", ""},
	} {
		for _, header := range []string{"l5d-dtab", "l5d-ctx-dtab"} {
			t.Run(fmt.Sprint(row.server, " ", header, " ", row.dtab), func(t *testing.T) {
				got = nil
				resp, body := sent(t, mesh.URLs("plain")[row.server], "web", header+": "+row.dtab)
				what := fmt.Sprint(resp.StatusCode)
				if resp.StatusCode == 200 {
					what += " " + body
				}
				if what != row.want {
					t.Errorf("got %s, want %s:\n%s", what, row.want, body)
				}
				if resp.StatusCode == 403 && (resp.Header.Get(ctxhdr.ErrName) == "" || !strings.Contains(body, "where overrides may not lead")) {
					t.Errorf("l5d-err %q, body %q", resp.Header.Get(ctxhdr.ErrName), body)
				}
				if passed := strings.Join(got.Values(wire.CtxDtabName), "|"); passed != row.passed {
					t.Errorf("l5d-ctx-dtab at the service is %q, want %q", passed, row.passed)
				}
				if passed := got.Values(ctxhdr.DtabName); passed != nil {
					t.Errorf("l5d-dtab at the service is %q", passed)
				}
			})
		}
	}
	// What is judged is the id before the transformer.
	if _, body := sent(t, mesh.URL("moved"), "web", "l5d-dtab: /svc => /srv/v2"); body != "v1" || got.Get(wire.DstClientName) != "/%/io.l5d.port/"+v1+"/#/io.l5d.fs/v2" {
		t.Errorf("%q by %q", body, got.Get(wire.DstClientName))
	}
	if _, body := sent(t, mesh.URL("moved"), "web", "l5d-dtab: /svc => /far"); body != "v1" || got.Get(wire.DstClientName) != "/%/io.l5d.port/"+v1+"/#/io.l5d.fs/v1" {
		t.Errorf("%q by %q", body, got.Get(wire.DstClientName))
	}
	if stats := mesh.Config.Routers[0].Stats(); stats.LeftOut != 8 || stats.Forbidden != 4 {
		t.Errorf("%d entries left out, %d requests forbidden", stats.LeftOut, stats.Forbidden)
	}
	if n := mesh.Config.Servers[2].Handler.Stats().Ignored; n != 6 {
		t.Errorf("%d requests with a dtab that was ignored", n)
	}
	// The spans tell, each of them when its response has been sent.
	inet := "/svc=>/$/inet/127.0.0.1/" + far + " leads to /$/inet/127.0.0.1/" + far
	missing := map[string]bool{inet: true, "/svc=>/srv/v2 leads to /#/io.l5d.fs/v2": true, "no dtab": true}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for seen := 0; len(missing) > 0; {
		records, err := mesh.Spans.Wait(ctx, seen+1)
		if err != nil {
			t.Fatalf("no span has %v: %v", missing, err)
		}
		for ; seen < len(records); seen++ {
			for _, a := range records[seen].Attributes {
				if a.Key == "meshhop.dtab.left_out" {
					delete(missing, a.Value.AsString())
				}
			}
		}
	}
}
