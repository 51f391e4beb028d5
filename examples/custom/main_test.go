package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build builds the program as go install would.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "custom")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// run runs the program until the test ends, and returns where its router listens.
func run(t *testing.T, program, backend string) (router string) {
	t.Helper()
	command := exec.Command(program, "custom.yaml")
	command.Env = append(os.Environ(), "WEB_ADDRS="+backend)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		io.Copy(io.Discard, out)
		if err := command.Wait(); err != nil {
			t.Errorf("after SIGTERM: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			return router
		}
		if at, found := strings.CutPrefix(lines.Text(), "router http"); found {
			router = strings.TrimSpace(at)
		}
	}
	t.Fatal("the program ended before it was ready")
	return ""
}

// TestProgram builds and runs the program: requests go by its own identifier and namer
// to a backend.
func TestProgram(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s", r.Host)
		if r.URL.Path == "/slow" {
			http.NewResponseController(w).Flush()
			arrived <- struct{}{}
			<-release
		}
	}))
	defer backend.Close()
	program := build(t)

	if out, err := exec.Command(program, "check", "custom.yaml").CombinedOutput(); err != nil || string(out) != "ok\n" {
		t.Errorf("check: %v\n%s", err, out)
	}

	router := run(t, program, backend.Listener.Addr().String())
	for _, row := range []struct {
		tenant, host string
		status       int
		body         string // contained
	}{
		{"acme", "web", 200, "hello web"},
		{"", "web", 400, "no header X-Tenant"},
		{"acme", "nobody", 502, "/svc/acme/nobody"},
		{"other", "web", 502, "/svc/other/web"},
	} {
		status, body := get(t, router, row.host, map[string]string{"X-Tenant": row.tenant})
		if status != row.status || !strings.Contains(body, row.body) {
			t.Errorf("%+v: %d %s", row, status, body)
		}
	}

	// The limit of custom.yaml is two requests.
	acme := map[string]string{"X-Tenant": "acme"}
	slow := make(chan int, 2)
	for range cap(slow) {
		go func() {
			status, _ := get(t, router+"/slow", "web", acme)
			slow <- status
		}()
	}
	for range cap(slow) {
		<-arrived
	}
	if status, body := get(t, router, "web", acme); status != 429 || body != "too many requests are in flight\n" {
		t.Errorf("the third request: %d %s", status, body)
	}
	close(release)
	for range cap(slow) {
		if status := <-slow; status != 200 {
			t.Errorf("a slow request: %d", status)
		}
	}
	if status, _ := get(t, router, "web", acme); status != 200 {
		t.Errorf("after the others: %d", status)
	}
}

func get(t *testing.T, url, host string, header map[string]string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	r.Host = host
	for name, value := range header {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	return resp.StatusCode, string(text)
}
