package dashboard_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
	"github.com/meshhop/meshhop/proxy/app"
	"github.com/meshhop/meshhop/proxy/config"
)

// scene is a hop that runs a configuration, with services behind it and a collector.
type scene struct {
	t               testing.TB
	admin, outgoing string // URLs
	collector       string
	disco           string // the directory of io.l5d.fs
	file            string
	reload          chan os.Signal
	web             *httptest.Server
	client          *http.Client
}

// output is what the program has printed so far.
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

// newScene starts a hop that knows so many names: web, which answers with the status that
// the path says; gone, at one of whose addresses nobody listens; s00002 and so on.
func newScene(t testing.TB, names int) *scene {
	t.Helper()
	s := &scene{t: t, disco: t.TempDir(), file: filepath.Join(t.TempDir(), "linkerd.yaml"), reload: make(chan os.Signal)}
	s.web = httptest.NewUnstartedServer(http.HandlerFunc(answer))
	s.web.Config.SetKeepAlivesEnabled(names < 1000) // or each name would keep a connection
	s.web.Start()
	t.Cleanup(s.web.Close)
	spans, err := collector.New(collector.Config{})
	if err != nil {
		t.Fatal(err)
	}
	traces := httptest.NewServer(spans)
	t.Cleanup(traces.Close)
	s.collector = traces.URL
	host, port, _ := net.SplitHostPort(s.web.Listener.Addr().String())
	for i := range names {
		name, text := fmt.Sprintf("s%05d", i), host+" "+port+"\n"
		switch i {
		case 0:
			name = "web"
		case 1:
			name, text = "gone", text+host+" 1\n"
		}
		s.write(name, text)
	}
	s.configure(s.yaml())
	s.run()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{Transport: transport}
	return s
}

// answer is the service: the status is the first part of the path.
func answer(w http.ResponseWriter, r *http.Request) {
	status := 200
	_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
	w.Header().Set("X-Trace", r.Header.Get("l5d-ctx-trace"))
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "%s %s %s\n", r.Method, r.Host, r.URL)
}

func (s *scene) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.disco, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) configure(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// yaml has a router with an entry that is never used, and one that nobody asks.
func (s *scene) yaml() string {
	return fmt.Sprintf(`admin: {ip: 127.0.0.1, port: 0}
telemetry:
- kind: io.zipkin.http
  host: %q
  initialSampleRate: 1.0
namers:
- kind: io.l5d.fs
  rootDir: %q
routers:
- protocol: http
  label: outgoing
  bindingCache: {paths: 20000, trees: 20000, bounds: 20000, clients: 20000}
  dtab: |
    /srv     => /#/io.l5d.fs ;
    /svc     => /srv ;
    /svc/old => /#/io.l5d.file/web ;
  servers: [{ip: 127.0.0.1, port: 0}]
- protocol: http
  label: internal
  dtab: /svc => /#/io.l5d.fs ;
  servers: [{ip: 127.0.0.1, port: 0}]
`, strings.TrimPrefix(s.collector, "http://"), s.disco)
}

// run runs the program until the test ends, and waits for it to be ready.
func (s *scene) run() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	printed, ended := new(output), make(chan error, 1)
	build := config.BuildOptions{SpanFlushEvery: 100 * time.Millisecond}
	go func() {
		ended <- app.Run(ctx, s.file, app.Options{Build: build, Stdout: printed, Stderr: io.Discard, Reload: s.reload})
	}()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	for end := time.Now().Add(time.Minute); !strings.HasSuffix(printed.String(), "ready\n"); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- nil
			s.t.Fatalf("the hop does not start: %v", err)
		default:
		}
		if time.Now().After(end) {
			s.t.Fatalf("the hop is not ready: %s", printed)
		}
	}
	for line := range strings.Lines(printed.String()) {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "admin "):
			s.admin = words[1]
		case strings.HasPrefix(line, "router outgoing "):
			s.outgoing = words[2]
		}
	}
	if s.admin == "" || s.outgoing == "" {
		s.t.Fatalf("no addresses in %q", printed)
	}
}

// send sends a request through the hop, and returns its status.
func (s *scene) send(host, target string) int {
	r, err := http.NewRequest("GET", s.outgoing+target, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = host
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.t.Error(err)
	}
	return resp.StatusCode
}

// get gets a page of the admin server, as programs do.
func (s *scene) get(path string) string { s.t.Helper(); return s.fetch(path, "*/*") }

// html gets a page as browsers do.
func (s *scene) html(path string) string { s.t.Helper(); return s.fetch(path, "text/html") }

func (s *scene) fetch(path, accept string) string {
	s.t.Helper()
	r, err := http.NewRequest("GET", s.admin+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("%s: %d %v %s", path, resp.StatusCode, err, body)
	}
	return string(body)
}

// waitFor waits for something that happens in another goroutine.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}
