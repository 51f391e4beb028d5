package proxytest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// article is a configuration of the series, with changes for this machine: its ports, and
// where its certificates are. Each must be there to be changed.
func article(t *testing.T, name string, changes ...string) string {
	t.Helper()
	file := "../../../shared/fixtures/corpus/linkerd-examples_k8s-daemonset_k8s_" + name + "_l5d-config_config.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("NOT TESTED: the configurations of others are not at %s", file)
	}
	text := string(data)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("%s has no %q", name, changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

// capture is a relay to an address that records what goes by.
type capture struct {
	port string

	mu    sync.Mutex
	conns []*recorded
}

// recorded is what went by in one connection, to the server and back.
type recorded struct{ there, back bytes.Buffer }

func startCapture(t *testing.T, to int) *capture {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &capture{}
	_, c.port, _ = net.SplitHostPort(l.Addr().String())
	var work sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		stop()
		l.Close()
		work.Wait()
	})
	work.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", to))
			if err != nil {
				near.Close()
				continue
			}
			one := &recorded{}
			c.mu.Lock()
			c.conns = append(c.conns, one)
			c.mu.Unlock()
			end := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
			pass := func(to, from net.Conn, seen *bytes.Buffer) {
				_, _ = io.Copy(to, io.TeeReader(from, &locked{&c.mu, seen}))
				near.Close()
				far.Close()
				end()
			}
			work.Go(func() { pass(far, near, &one.there) })
			work.Go(func() { pass(near, far, &one.back) })
		}
	})
	return c
}

type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// used reports whether there was a connection.
func (c *capture) used() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.conns) > 0
}

// expect checks each connection: it begins with the ClientHello of a name, each side begins
// with a record of a handshake, and none of the words is in it.
func (c *capture) expect(t *testing.T, name string, words ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conns) == 0 {
		t.Error("nothing went by")
	}
	for _, one := range c.conns {
		for way, seen := range map[string][]byte{"there": one.there.Bytes(), "back": one.back.Bytes()} {
			if !bytes.HasPrefix(seen, []byte{22, 3}) {
				t.Errorf("%s: it begins with %.20q", way, seen)
			}
			for _, word := range words {
				if bytes.Contains(seen, []byte(word)) {
					t.Errorf("%s: %q is in the clear", way, word)
				}
			}
		}
		if !bytes.Contains(one.there.Bytes(), []byte(name)) {
			t.Errorf("the server is not told the name %s", name)
		}
	}
}

// says is a service in the clear that says something, and its address.
func says(t *testing.T, text string) (addr string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text) }))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// onNode is the environment of a pod on the only node.
func onNode(t *testing.T) {
	t.Setenv("POD_IP", "127.0.0.1")
	t.Setenv("NODE_NAME", "node1")
}

// TestEncryptingAllTheThings is part III of the series: rows III.2 to III.7. With the
// article's configuration and certificates made as it makes them, there is only TLS between
// the hops.
func TestEncryptingAllTheThings(t *testing.T) {
	onNode(t)
	dir := t.TempDir()
	ca := certtest.CA(t, "root", certtest.Expired) // as the article's is
	certtest.Write(t, filepath.Join(dir, "cacertificate.pem"), ca.PEM())
	cert, key := ca.Issue(nil, certtest.CommonName("linkerd")).Write(dir, "certificate")
	if err := os.Rename(key, filepath.Join(dir, "key.pk8")); err != nil {
		t.Fatal(err)
	}
	outgoing, incoming := proxytest.Listen(t), proxytest.Listen(t)
	between := startCapture(t, incoming.Port)
	var api k8stest.Server
	api.Bind("default", "l5d", "incoming", "127.0.0.1:"+between.port+"@node1")
	api.Bind("default", "hello", "http", says(t, "Hello (127.0.0.1) world (127.0.0.1)!!")+"@node1")
	yaml := article(t, "linkerd-tls.yml", "port: 4140", "port: "+strconv.Itoa(outgoing.Port), "port: 4141", "port: "+strconv.Itoa(incoming.Port),
		"/io.buoyant/linkerd/certs", dir)
	mesh := proxytest.Options{Build: config.BuildOptions{Kubernetes: &api}, On: []*proxytest.Listener{outgoing, incoming}}.Start(t, yaml)
	const secret = "not-for-everybody"
	ask := func() (int, string) {
		t.Helper()
		return get(t, mesh.Client("outgoing"), "http://hello/"+secret)
	}
	for range 3 {
		if status, body := ask(); status != 200 || body != "Hello (127.0.0.1) world (127.0.0.1)!!" {
			t.Errorf("%d %s", status, body)
		}
	}
	between.expect(t, "linkerd", secret, "Hello", "HTTP/1.1", "l5d-", "hello")

	// A foreign authority, then another name: nothing is sent on such a connection.
	for _, row := range []struct {
		leaf   *certtest.Cert
		reason string
	}{
		{certtest.CA(t, "foreign").Issue(nil, certtest.CommonName("linkerd")), "tls: certificate signed by unknown authority"},
		{ca.Issue(nil, certtest.CommonName("other")), "tls: certificate is valid for other, not linkerd"},
	} {
		certtest.Write(t, filepath.Join(dir, "key.pk8"), row.leaf.KeyPEM())
		certtest.Write(t, cert, row.leaf.PEM())
		waitUntil(t, row.reason, func() bool {
			c, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", incoming.Port), &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				return false
			}
			defer c.Close()
			return c.ConnectionState().PeerCertificates[0].Equal(row.leaf.Leaf)
		})
		// At another address there is no connection yet.
		fresh := startCapture(t, incoming.Port)
		api.Bind("default", "l5d", "incoming", "127.0.0.1:"+fresh.port+"@node1")
		waitUntil(t, row.reason, func() bool {
			status, body := ask()
			return status == 502 && strings.HasSuffix(body, "\nreason: "+row.reason+"\ntls name: linkerd\n") && fresh.used()
		})
		fresh.expect(t, "linkerd", secret, "HTTP/1.1", "l5d-")
	}
}

func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for: %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

const waitLimit = 30 * time.Second

// TestIngressByTLS is part VIII of the series: rows VIII.7 to VIII.10, by TLS alone.
func TestIngressByTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	cert, key := ca.Issue([]string{"hello.world"}).Write(dir, "tls")
	for from, to := range map[string]string{cert: "tls.crt", key: "tls.pk8"} {
		if err := os.Rename(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	edge := proxytest.Listen(t)
	var api k8stest.Server
	api.Bind("default", "world-v1", "http", says(t, "world (127.0.0.1)!"))
	var asked http.Header
	v2 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Clone()
		_, _ = io.WriteString(w, "earth (127.0.0.1)!")
	}))
	t.Cleanup(v2.Close)
	api.Bind("default", "world-v2", "http", v2.Listener.Addr().String())
	backend := func(service string) map[string]any {
		return map[string]any{"service": map[string]any{"name": service, "port": map[string]any{"name": "http"}}}
	}
	api.Apply(map[string]any{"kind": "Ingress", "apiVersion": "networking.k8s.io/v1",
		"metadata": map[string]any{"namespace": "default", "name": "hello-world", "annotations": map[string]any{"kubernetes.io/ingress.class": "linkerd"}},
		"spec": map[string]any{"defaultBackend": backend("world-v1"), "rules": []any{map[string]any{"host": "world.v2",
			"http": map[string]any{"paths": []any{map[string]any{"pathType": "ImplementationSpecific", "backend": backend("world-v2")}}}}}}})
	wire := startCapture(t, edge.Port)
	proxytest.Options{Build: config.BuildOptions{Kubernetes: &api}, On: []*proxytest.Listener{edge}}.Start(t,
		article(t, "linkerd-tls-ingress-controller.yml", "port: 443", "port: "+strconv.Itoa(edge.Port), "/io.buoyant/linkerd/certs", dir))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool(), ServerName: "hello.world"}}
	t.Cleanup(transport.CloseIdleConnections)
	for _, row := range []struct{ host, want string }{{"", "world (127.0.0.1)!"}, {"world.v2", "earth (127.0.0.1)!"}} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://127.0.0.1:"+wire.port+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = row.host
		req.Header.Set("l5d-dtab", "/svc => /$/inet/127.0.0.1/1") // which has no effect from outside
		req.Header.Set("l5d-ctx-user", "someone")
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || string(body) != row.want {
			t.Errorf("%d %s, %v", resp.StatusCode, body, err)
		}
	}
	if asked.Get("l5d-ctx-user") != "" {
		t.Error("the context of strangers goes on")
	}
	wire.expect(t, "hello.world", "HTTP/1.1", "world.v2", "earth", "l5d-")

	// In the clear there is only the reason.
	resp, err := http.Get("http://127.0.0.1:" + strconv.Itoa(edge.Port) + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 400 || string(body) != "Client sent an HTTP request to an HTTPS server.\n" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// hosts are names of hosts that are all this machine.
type hosts []string

func (h hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	for _, one := range h {
		if strings.TrimSuffix(host, ".") == one {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// TestEgress is part XI of the series: rows XI.1 to XI.7, with other ports than 80 and 443,
// which need a privilege, and an authority of its own.
func TestEgress(t *testing.T) {
	onNode(t)
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	bundle := filepath.Join(dir, "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	web := httptest.NewServer(http.RedirectHandler("https://linkerd.io/", http.StatusMovedPermanently))
	t.Cleanup(web.Close)
	_, webPort, _ := net.SplitHostPort(web.Listener.Addr().String())
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.ServerName+" "+r.Host)
	}))
	site.TLS = showing(ca.Issue([]string{"linkerd.io"}))
	site.Config.ErrorLog = quiet()
	site.StartTLS()
	t.Cleanup(site.Close)
	_, sitePort, _ := net.SplitHostPort(site.Listener.Addr().String())
	other := says(t, "another port")
	_, otherPort, _ := net.SplitHostPort(other)

	outgoing, incoming := proxytest.Listen(t), proxytest.Listen(t)
	var api k8stest.Server
	api.Bind("default", "l5d", "incoming", fmt.Sprintf("127.0.0.1:%d@node1", incoming.Port))
	api.Bind("default", "hello", "http", says(t, "Hello (127.0.0.1) world (127.0.0.1)!!")+"@node1")
	mesh := proxytest.Options{
		Build: config.BuildOptions{Kubernetes: &api, Resolver: hosts{"linkerd.io", "example", "elsewhere"}}, On: []*proxytest.Listener{outgoing, incoming},
	}.Start(t, article(t, "linkerd-egress.yaml", "port: 4140", "port: "+strconv.Itoa(outgoing.Port), "port: 4141", "port: "+strconv.Itoa(incoming.Port),
		"/ph/80 ;", "/ph/"+webPort+" ;", "rinet/443/", "rinet/"+sitePort+"/", `commonName: "{service}"`, `commonName: "{service}"`+"\n        trustCertsBundle: "+bundle))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	for _, row := range []struct {
		name, host, path string
		status           int
		body             string
	}{
		{"XI.2", "hello", "/", 200, "Hello (127.0.0.1) world (127.0.0.1)!!"},
		{"XI.3", "linkerd.io", "/index.html", 301, "<a href=\"https://linkerd.io/\">Moved Permanently</a>.\n\n"},
		{"XI.4", "linkerd.io:" + sitePort, "/index.html", 200, "linkerd.io linkerd.io:" + sitePort},
		{"XI.4, another name", "elsewhere:" + sitePort, "/", 502, "reason: tls: certificate is valid for linkerd.io, not elsewhere\ntls name: elsewhere\n"},
		{"XI.5", "example:" + otherPort, "/", 200, "another port"},
		{"XI.6, a name of nobody", "nobody", "/", 502, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "GET", mesh.URL("outgoing")+row.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = row.host
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != row.status || !strings.HasSuffix(string(body), row.body) {
				t.Errorf("%d %s, %v", resp.StatusCode, body, err)
			}
		})
	}
	// XI.7: each host that is reached by TLS is a client of its own.
	_, page := get(t, client, mesh.AdminURL+"/metrics")
	for _, want := range []string{
		`meshhop_client_tls_handshakes_total{client="$/io.buoyant.rinet/` + sitePort + `/linkerd.io",rt="outgoing"} 1`,
		`meshhop_client_tls_handshake_failures_total{client="$/io.buoyant.rinet/` + sitePort + `/elsewhere",reason="name",rt="outgoing"} 1`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
