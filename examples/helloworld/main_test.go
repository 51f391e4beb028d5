package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asMain makes the test binary behave as the program: that is how the tests
// run it as a process of its own.
const asMain = "HELLOWORLD_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is a running helloworld.
type program struct {
	*exec.Cmd
	addr   string
	stderr strings.Builder
}

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append([]string{asMain + "=1", "GORACE=atexit_sleep_ms=0"}, env...)
	return cmd
}

func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	return await(t, command(t, env, append([]string{"-addr", "127.0.0.1:0"}, args...)...))
}

// await starts cmd and returns once it serves.
func await(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{Cmd: cmd}
	p.Stderr = &p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.Wait()
		t.Fatalf("no line on standard output: %v\n%s", err, &p.stderr)
	}
	m := regexp.MustCompile(`^serving ".*" on (\S+)\n$`).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("standard output: %q", line)
	}
	p.addr = m[1]
	return p
}

// stop asks the program to end and waits until it has.
func (p *program) stop(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("exit after %v: %v\n%s", sig, err, &p.stderr)
	}
}

// get may be called from any goroutine; a failure gives "".
func get(t *testing.T, addr string, h http.Header) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	for k, v := range h {
		r.Header[k] = v
	}
	r.Close = true
	resp, err := (&http.Transport{}).RoundTrip(r)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// setLatency returns the status and the body of the answer.
func (p *program) setLatency(t *testing.T, latency string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+p.addr+"/setLatency?latency="+latency, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	resp, err := (&http.Transport{}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + ": " + string(body)
}

// The manifests of the walkthrough: flags and environment as they stand there.
func TestHelloAndWorld(t *testing.T) {
	world := start(t, []string{"TARGET_WORLD=world"})
	defer world.stop(t, os.Interrupt)

	type request struct{ target, thing string }
	requests := make(chan request, 1)
	mesh := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- request{r.RequestURI, r.Header.Get("l5d-ctx-thing")}
		io.WriteString(w, get(t, world.addr, nil))
	}))
	defer mesh.Close()
	env := []string{"http_proxy=" + mesh.Listener.Addr().String()}

	for _, tt := range []struct {
		what, flag string
		want       request
	}{
		{"forwards by default", "-forward", request{"http://world/", "42"}},
		{"broken context", "-forward=false", request{"http://world/", ""}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			hello := start(t, env, "-text=Hello", "-target=world", tt.flag)
			defer hello.stop(t, syscall.SIGTERM)
			got := get(t, hello.addr, http.Header{"L5d-Ctx-Thing": {"42"}})
			if want := "Hello (127.0.0.1) world (127.0.0.1)!!"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if got := <-requests; got != tt.want {
				t.Errorf("the mesh saw %v, want %v", got, tt.want)
			}
		})
	}
}

// Row V.4 of the series: three services, the first of which answers with JSON.
func TestAPI(t *testing.T) {
	world := start(t, []string{"TARGET_WORLD=world", "POD_IP=10.0.0.3"})
	defer world.stop(t, os.Interrupt)
	addrs := map[string]string{"world": world.addr}
	mesh := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, get(t, addrs[r.Host], nil))
	}))
	defer mesh.Close()
	env := []string{"http_proxy=" + mesh.Listener.Addr().String()}
	hello := start(t, append(env, "POD_IP=10.0.0.2"), "-text=Hello", "-target=world")
	defer hello.stop(t, os.Interrupt)
	addrs["hello"] = hello.addr
	api := start(t, append(env, "POD_IP=10.0.0.1"), "-text=api", "-target=hello", "-json")
	defer api.stop(t, os.Interrupt)
	got := get(t, api.addr, nil)
	if want := `{"api_result":"api (10.0.0.1) Hello (10.0.0.2) world (10.0.0.3)!!"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Rows X.1 and X.4 of the series. That it is no more than this, app's tests say.
func TestLatency(t *testing.T) {
	hello := start(t, nil, "-latency=50ms")
	defer hello.stop(t, os.Interrupt)
	want := func(latency time.Duration) {
		t.Helper()
		begin := time.Now()
		got := get(t, hello.addr, nil)
		if took := time.Since(begin); got != "Hello (127.0.0.1)!" || took < latency {
			t.Errorf("%q after %v, want at least %v", got, took, latency)
		}
	}
	want(50 * time.Millisecond)
	if got := hello.setLatency(t, "100ms"); got != "200 OK: ok" {
		t.Errorf("setting the latency: %q", got)
	}
	want(100 * time.Millisecond)
	if got := hello.setLatency(t, "1h"); got != "400 Bad Request: latency 1h0m0s: want 0 to 10s\n" {
		t.Fatalf("setting too long a latency: %q", got)
	}
	want(100 * time.Millisecond)
}

// A request that is under way when the signal comes gets its answer.
func TestDrains(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	world := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-release
		io.WriteString(w, "world!")
	}))
	defer world.Close()
	hello := start(t, nil, "-target", world.Listener.Addr().String())
	answer := make(chan string)
	go func() { answer <- get(t, hello.addr, nil) }()
	<-asked
	if err := hello.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	close(release)
	if got, want := <-answer, "Hello (127.0.0.1) world!!"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := hello.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, &hello.stderr)
	}
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		what string
		env  []string
		args []string
		code int
		want string
	}{
		{"help", nil, []string{"-h"}, 0, "-forward"},
		{"unknown flag", nil, []string{"-nope"}, 2, "-nope"},
		{"argument", nil, []string{"world"}, 1, `unexpected argument "world"`},
		{"bad proxy", []string{"http_proxy=ftp://x"}, nil, 1, `environment variable http_proxy: proxy "ftp://x"`},
		{"bad target", nil, []string{"-target=http://world"}, 1, `target "http://world"`},
		{"bad address", nil, []string{"-addr=127.0.0.1:none"}, 1, "127.0.0.1:none"},
		{"latency without a unit", nil, []string{"-latency=500"}, 2, `"500" for flag -latency`},
		{"too long a latency", nil, []string{"-latency=11s"}, 1, "latency 11s: want 0 to 10s"},
		{"negative latency", nil, []string{"-latency=-1ms"}, 1, "latency -1ms: want 0 to 10s"},
		{"json", nil, []string{"-json=yes"}, 2, `"yes" for -json`},
		{"bad pod address", []string{"POD_IP=here"}, nil, 1, "environment variable POD_IP"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			cmd := command(t, tt.env, tt.args...)
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != tt.code || !strings.Contains(string(out), tt.want) {
				t.Errorf("exit code %d, want %d; output:\n%s", got, tt.code, out)
			}
		})
	}
}

// The service knows nothing about tracing: forwarding headers is enough.
func TestImportsNoTracing(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: no go command")
	}
	out, err := exec.CommandContext(t.Context(), goTool, "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/meshhop/meshhop/"
	for pkg := range strings.FieldsSeq(string(out)) {
		if strings.Contains(pkg, "opentelemetry") || strings.Contains(pkg, "zipkin") || strings.HasPrefix(pkg, module+"trace") {
			t.Errorf("imports %s", pkg)
		}
		if strings.HasPrefix(pkg, module) && pkg != module+"ctxhdr" && pkg != module+"internal/wire" && pkg != module+"internal/helloworld" && !strings.HasPrefix(pkg, module+"examples/helloworld") {
			t.Errorf("imports %s; of this module it needs ctxhdr, what that needs, and its own service only", pkg)
		}
	}
}
