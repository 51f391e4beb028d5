package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestPolyglotChain is the older article's: three routers, one after the
// other, and the admin server as the last station; six spans.
func TestPolyglotChain(t *testing.T) {
	collector := start(t, "collector", "-addr", "127.0.0.1:0")
	zipkin := strings.TrimSuffix(collector.addr("page:"), "/")
	ports := freePorts(t, 4)
	yaml := fmt.Sprintf(`
admin:
  port: %[4]d
telemetry:
- kind: io.l5d.zipkin
  host: %[5]s
  port: %[6]s
  sampleRate: 1.0
routers:
- protocol: http
  label: router1
  dtab: /svc => /$/inet/127.1/%[2]d ;
  servers:
  - port: %[1]d
- protocol: http
  label: router2
  dtab: /svc => /$/inet/127.1/%[3]d ;
  servers:
  - port: %[2]d
- protocol: http
  label: router3
  dtab: /svc => /$/inet/127.1/%[4]d ;
  servers:
  - port: %[3]d
`, ports[0], ports[1], ports[2], ports[3], "127.0.0.1", portOf(zipkin))
	p := start(t, "run", write(t, yaml))
	first := fmt.Sprintf("127.0.0.1:%d", ports[0])
	if _, body := get(t, "", "http://"+first+"/admin/ping", nil); body != "pong" {
		t.Fatalf("got %q", body)
	}
	records, traces := spans(t, zipkin, serviceName(first), 6)
	if len(records) != 6 || traces != 1 {
		t.Errorf("%d spans in %d traces, want 6 in 1", len(records), traces)
	}
	tracetest.AssertTree(t, records, fmt.Sprintf(`
server 127.0.0.1/%[1]d "router1 /svc/%[5]s"
  client $/inet/127.1/%[2]d "get /admin/ping"
    server 127.0.0.1/%[2]d "router2 /svc/%[5]s"
      client $/inet/127.1/%[3]d "get /admin/ping"
        server 127.0.0.1/%[3]d "router3 /svc/%[5]s"
          client $/inet/127.1/%[4]d "get /admin/ping"
`, ports[0], ports[1], ports[2], ports[3], first))
	p.stop()
}

func write(t testing.TB, yaml string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "linkerd.yaml")
	if err := os.WriteFile(name, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAdminShutdownEndsTheProgram(t *testing.T) {
	ports := freePorts(t, 2)
	p := start(t, "run", write(t, fmt.Sprintf("admin: {port: %d}\nrouters:\n- protocol: http\n  servers:\n  - port: %d\n", ports[0], ports[1])))
	resp, err := post(fmt.Sprintf("http://127.0.0.1:%d/admin/shutdown", ports[0]))
	if err != nil || resp != "quitting\n" {
		t.Fatalf("%q %v", resp, err)
	}
	if status := <-p.status; status != 0 {
		t.Errorf("status %d\n%s", status, p.err)
	}
	p.ended = true
}

// runToEnd runs a command to its end.
func runToEnd(t testing.TB, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = mainWith(context.Background(), strings.NewReader(stdin), &out, &err, args...)
	return status, out.String(), err.String()
}

func TestCommands(t *testing.T) {
	good := "routers:\n- protocol: http\n  servers:\n  - port: 0\n"
	for _, test := range []struct {
		name   string
		args   []string
		stdin  string
		status int
		out    string // contained
		err    string // contained
	}{
		{"no command", nil, "", 2, "", "meshhop check FILE"},
		{"help", []string{"help"}, "", 0, "meshhop demo", ""},
		{"unknown command", []string{"rum"}, "", 2, "", `unknown command "rum"`},
		{"unknown flag", []string{"demo", "-x"}, "", 2, "", "flag provided but not defined: -x"},
		{"unknown client", []string{"demo", "-client", "curl"}, "", 2, "", "want h1 or net/http"},
		{"unknown server", []string{"run", "-server", "curl", "-"}, good, 2, "", "want h1 or net/http"},
		{"help of a command", []string{"demo", "-h"}, "", 0, "", "-outgoing"},
		{"a DNS server without a port", []string{"run", "-dns", "127.0.0.1", "-"}, good, 2, "", "want host:port"},
		{"version", []string{"version"}, "", 0, "meshhop ", ""},
		{"check standard input", []string{"check", "-"}, good, 0, "ok\n", ""},
		{"check JSON", []string{"check", "-"}, `{"routers":[{"protocol":"http","servers":[{"port":0}]}]}`, 0, "ok\n", ""},
		{"check finds everything", []string{"check", "-"}, "routers:\n- protocol: http\n  serverz: []\n  dtab: nope\n", 1, "", "<stdin>:3:3: routers[0].serverz: "},
		{"check a missing file", []string{"check", "/does/not/exist"}, "", 1, "", "no such file"},
		{"check without a file", []string{"check"}, "", 2, "", "usage: meshhop check"},
		{"explain without a file", []string{"explain", "/svc/x"}, "", 2, "", "want a FILE or -from, and a name or a URL"},
		{"explain with a file and a hop", []string{"explain", "-from", "x:1", "f.yaml", "/svc/x"}, "", 2, "", "usage: meshhop explain"},
		{"explain nothing", []string{"explain"}, "", 2, "", "Exit status: "},
		{"explain standard input", []string{"explain", "-", "/$/nil"}, good, 1, "Requests for this name are not sent: the hop answers 502 ", ""},
		{"explain what is wrong", []string{"explain", "-", "/svc/x"}, "routers: 1\n", 1, "", "meshhop explain: 1 wrong"},
		{"explain no name", []string{"explain", "-", "/svc/"}, good, 2, "", "the name is not a path"},
		{"explain with a bad header", []string{"explain", "-", "x", "-H", "nothing"}, good, 2, "", "not of the form"},
		{"flags between and behind words", []string{"explain", "-X", "PUT", "-", "-H", "l5d-dtab: /svc=>/$/nil", "x/y", "-0"}, good, 1, "PUT /y HTTP/1.0, Host: x\n", ""},
		{"words that look like flags", []string{"explain", "--", "-", "-x"}, good, 1, "Host: -x\n", ""},
		{"an unknown flag behind words", []string{"explain", "-", "/x", "-y"}, good, 2, "", "flag provided but not defined: -y"},
		{"run what is wrong", []string{"run", "-"}, "routers: 1\n", 1, "", "<stdin>:1:10"},
		{"run what the client cannot do", []string{"run", "-client", "net/http", "-"}, good + "  client: {hostConnectionPool: {maxWaiters: 9}}\n", 1, "",
			"<stdin>:5:12: routers[0].client.hostConnectionPool: router: HTTPTransport does not support MaxWaiters; H1Transport does"},
		{"decode", []string{"decode", "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}, "", 0, "0000000000000003", ""},
		{"decode with its name", []string{"decode", "l5d-ctx-trace: AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}, "", 0, "0000000000000003", ""},
		{"decode garbage", []string{"decode", "garbage"}, "", 1, "", "meshhop decode: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, out, err := runToEnd(t, test.stdin, test.args...)
			if status != test.status || !strings.Contains(out, test.out) || !strings.Contains(err, test.err) {
				t.Errorf("status %d, want %d\nstdout: %s(want %q)\nstderr: %s(want %q)", status, test.status, out, test.out, err, test.err)
			}
		})
	}
}

func TestPortInUse(t *testing.T) {
	p := startLocalDemo(t)
	taken := p.addr("router outgoing")
	status, _, stderr := runToEnd(t, "", "demo", "-outgoing", taken, "-incoming", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-zipkin", "127.0.0.1:0")
	if status != 1 || !strings.Contains(stderr, "-outgoing: ") || !strings.Contains(stderr, "address already in use") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestRunPortInUse: whichever of its addresses is taken.
func TestRunPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken, _ := net.SplitHostPort(l.Addr().String())
	const yaml = "admin: {port: %s}\nrouters:\n- protocol: http\n  label: one\n  servers:\n  - port: 0\n- protocol: http\n  label: two\n  servers:\n  - port: %s\n"
	for _, test := range []struct{ yaml, step string }{
		{fmt.Sprintf(yaml, "0", taken), "meshhop run: router two: "},
		{fmt.Sprintf(yaml, taken, "0"), "meshhop run: admin: "},
	} {
		status, out, stderr := runToEnd(t, test.yaml, "run", "-")
		if status != 1 || !strings.Contains(stderr, "\n"+test.step) || !strings.Contains(stderr, "address already in use") || strings.Contains(out, "ready") {
			t.Errorf("status %d\nstdout: %s\nstderr: %s", status, out, stderr)
		}
	}
}

// TestDrainThatTakesTooLong: a request that does not end within the grace is
// broken off, and the program says so.
func TestDrainThatTakesTooLong(t *testing.T) {
	arrived := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	defer backend.Close()
	_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
	p := start(t, "run", write(t, fmt.Sprintf(
		"admin: {port: 0, shutdownGraceMs: 2000}\nrouters:\n- protocol: http\n  dtab: /svc => /$/inet/127.0.0.1/%s\n  servers:\n  - port: 0\n", port)))
	conn, err := net.Dial("tcp", p.addr("router http"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	p.cancel()
	p.ended = true
	answer, err := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
		t.Errorf("got %q (%v)", answer, err)
	}
	if status, stderr := <-p.status, p.err.String(); status != 1 || !strings.Contains(stderr, "draining 127.0.0.1:") || !strings.Contains(stderr, "broken off after ") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestGrace: the whole process keeps to the grace, with requests that hang, a
// request's body that never comes and a collector that takes nothing.
func TestGrace(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	stuck, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	arrived := make(chan struct{}, 2)
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer backend.Close()
	_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
	for _, row := range []struct {
		name string
		end  func(*running)
		most time.Duration // what it took without a bound of the whole: 2 s more than the grace
	}{
		{"a signal", func(p *running) { p.cancel() }, 2*time.Second + 1900*time.Millisecond},
		{"no grace", func(p *running) {
			if _, err := post("http://" + p.addr("admin") + "/admin/shutdown?grace=0s"); err != nil {
				t.Error(err)
			}
		}, 1900 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := start(t, "run", write(t, fmt.Sprintf(`
admin: {port: 0, shutdownGraceMs: 2000}
telemetry: [{kind: io.zipkin.http, host: "%s", initialSampleRate: 1.0}]
routers: [{protocol: http, dtab: /svc => /$/inet/127.0.0.1/%s, servers: [{port: 0}]}]
`, stuck.Addr(), port)))
			for _, request := range []string{"GET / HTTP/1.1\r\nHost: web\r\n\r\n", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\n1"} {
				conn, err := net.Dial("tcp", p.addr("router http"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				io.WriteString(conn, request)
				<-arrived
			}
			began := time.Now()
			p.ended = true
			row.end(p)
			<-p.status
			if took := time.Since(began); took > row.most {
				t.Errorf("took %v", took)
			} else {
				t.Logf("took %v", took)
			}
			p.cancel()
		})
	}
}

// TestDrainWithStuckCollector: spans that nobody takes do not hold the program
// up for longer than the grace.
func TestDrainWithStuckCollector(t *testing.T) {
	p := startStuck(t, 50*time.Millisecond)
	p.stop()
	if stderr := p.err.String(); !strings.Contains(stderr, "zipkin: close: 1 spans are left: context deadline exceeded") {
		t.Errorf("stderr %s", stderr)
	}
}

// TestEndWithStuckCollector: a collector that takes nothing does not keep a hop for
// the whole grace, when its callers have nobody to ask.
func TestEndWithStuckCollector(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	p := startStuck(t, 2*time.Minute)
	began := time.Now()
	p.stop()
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v of a grace of two minutes", took)
	}
	if stderr := p.err.String(); !strings.Contains(stderr, "zipkin: close: 1 spans are left") {
		t.Errorf("stderr %s", stderr)
	}
}

// startStuck returns a hop that has a span for a collector that takes nothing.
func startStuck(t *testing.T, grace time.Duration) *running {
	t.Helper()
	stuck, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stuck.Close() })
	p := start(t, "run", write(t, fmt.Sprintf(`
admin: {port: 0, shutdownGraceMs: %d}
telemetry: [{kind: io.zipkin.http, host: "%s", initialSampleRate: 1.0}]
routers: [{protocol: http, servers: [{port: 0}]}]
`, grace.Milliseconds(), stuck.Addr())))
	get(t, "", "http://"+p.addr("router http"), nil)
	return p
}
