package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
	"github.com/meshhop/meshhop/trace/zipkin/stock"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// running is a command that runs in this process.
type running struct {
	t      testing.TB
	out    *output
	err    *output
	cancel context.CancelFunc
	status chan int
	ended  bool
}

// output is what a command has printed so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// mainWith is what cmd/meshhop does with the arguments, but for the signals and the
// exit.
func mainWith(ctx context.Context, in io.Reader, out, err io.Writer, args ...string) (status int) {
	kinds := config.Builtin()
	kinds.ZipkinEngines["stock"] = stock.New
	if name := os.Getenv(servetest.EngineVariable); name != "" && len(args) > 0 && (args[0] == "run" || args[0] == "demo") {
		args = append([]string{args[0], "-server", name}, args[1:]...)
	}
	return newProgram(Options{Kinds: kinds, Args: append([]string{}, args...), Stdin: in, Stdout: out, Stderr: err}).main(ctx)
}

// start runs the command until it says that it is ready. It is stopped at the
// end of the test and must exit with 0 then.
func start(t testing.TB, args ...string) *running {
	t.Helper()
	return startWith(t, "", args...)
}

// startWith is start with standard input.
func startWith(t testing.TB, stdin string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &running{t: t, out: new(output), err: new(output), cancel: cancel, status: make(chan int, 1)}
	go func() { p.status <- mainWith(ctx, strings.NewReader(stdin), p.out, p.err, args...) }()
	t.Cleanup(func() { p.stop() })
	waitFor(t, "ready", func() bool {
		select {
		case status := <-p.status:
			p.ended = true
			t.Fatalf("meshhop %s: status %d\n%s%s", strings.Join(args, " "), status, p.out, p.err)
		default:
		}
		return strings.HasSuffix(p.out.String(), "ready\n")
	})
	return p
}

// stop stops the program as a signal would.
func (p *running) stop() {
	p.t.Helper()
	if p.ended {
		return
	}
	p.ended = true
	p.cancel()
	select {
	case status := <-p.status:
		if status != 0 {
			p.t.Errorf("status %d\n%s", status, p.err)
		}
	case <-time.After(20 * time.Second):
		p.t.Error("the program does not end")
	}
}

// addr finds in the output the host:port after a word.
func (p *running) addr(word string) string {
	p.t.Helper()
	for line := range strings.Lines(p.out.String()) {
		if rest, found := strings.CutPrefix(line, word+" "); found {
			_, addr, _ := strings.Cut(strings.TrimSpace(rest), "://")
			return addr
		}
	}
	p.t.Fatalf("no %q in\n%s", word, p.out)
	return ""
}

func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	waitUpTo(t, 20*time.Second, what, ok)
}

// waitForSlow is for what may take its time on a busy machine, such as a compiler.
func waitForSlow(t testing.TB, what string, ok func() bool) {
	t.Helper()
	waitUpTo(t, 3*time.Minute, what, ok)
}

func waitUpTo(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// get gets a URL through an HTTP proxy, as curl does with http_proxy.
func get(t testing.TB, proxy, target string, header http.Header) (*http.Response, string) {
	t.Helper()
	transport := &http.Transport{}
	if proxy != "" {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy})
	}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest("GET", target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// spans asks a Zipkin API for the traces of a service until it has at least n
// spans, and returns them and the number of traces.
func spans(t testing.TB, zipkin, service string, n int) (records []*trace.Record, traces int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%d spans of %s", n, service), func() bool {
		resp, body := get(t, "", "http://"+zipkin+"/api/v2/traces?limit=100&serviceName="+url.QueryEscape(service), nil)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", resp.Status, body)
		}
		var lists []json.RawMessage
		if err := json.Unmarshal([]byte(body), &lists); err != nil {
			t.Fatal(err)
		}
		var err error
		if records, err = tracetest.FromZipkin([]byte(body)); err != nil {
			t.Fatal(err)
		}
		traces = len(lists)
		return len(records) >= n
	})
	return records, traces
}

// freePorts are ports that nothing listens at now.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// post posts nothing and returns the answer's body.
func post(target string) (string, error) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Post(target, "", nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
