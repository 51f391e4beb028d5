//go:build unix

package app

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// replica answers with its name; what asks for /slow waits until it is let go.
type replica struct {
	port    string
	arrived chan struct{}
	release chan struct{}
}

func startReplica(t testing.TB, name string) *replica {
	t.Helper()
	r := &replica{arrived: make(chan struct{}), release: make(chan struct{})}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		if in.URL.Path == "/slow" {
			r.arrived <- struct{}{}
			<-r.release
		}
		io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	r.port = portOf(s.Listener.Addr().String())
	return r
}

// reloading is a program whose file a test changes.
type reloading struct {
	*running
	file string
}

func startReloading(t testing.TB, yaml string) *reloading {
	t.Helper()
	file := write(t, yaml)
	return &reloading{start(t, "run", file), file}
}

// reload has the program read its file again and waits for what comes of it.
func (r *reloading) reload(taken bool) {
	r.t.Helper()
	const said = "msg=\"configuration "
	before := strings.Count(r.err.String(), said)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		r.t.Fatal(err)
	}
	waitFor(r.t, "the reload", func() bool { return strings.Count(r.err.String(), said) > before })
	stderr := r.err.String()
	if last := stderr[strings.LastIndex(stderr, said)+len(said):]; strings.HasPrefix(last, "taken") != taken {
		r.t.Fatalf("taken: want %v\n%s", taken, stderr)
	}
}

func (r *reloading) change(yaml string, taken bool) {
	r.t.Helper()
	if err := os.WriteFile(r.file, []byte(yaml), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.reload(taken)
}

// caller is a client with one connection.
type caller struct {
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, addr string) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &caller{conn, bufio.NewReader(conn)}
}

func (c *caller) ask(t testing.TB, path string) {
	t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: web\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
}

func (c *caller) answer(t testing.TB) (body string, last bool) {
	t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), resp.Close
}

// hopTo is a configuration of one router.
func hopTo(r *replica, port, admin int) string {
	return fmt.Sprintf("admin: {port: %d}\nrouters:\n- protocol: http\n  dtab: /svc => /$/inet/127.0.0.1/%s\n  servers:\n  - port: %d\n", admin, r.port, port)
}

// TestReload: the same connection leads to another replica, and a request that
// had begun ends where it began.
func TestReload(t *testing.T) {
	one, two := startReplica(t, "one"), startReplica(t, "two")
	ports := freePorts(t, 2)
	p := startReloading(t, hopTo(one, ports[0], ports[1]))
	c, slow := dial(t, p.addr("router http")), dial(t, p.addr("router http"))
	c.ask(t, "/")
	if got, _ := c.answer(t); got != "one" {
		t.Errorf("got %q before the reload", got)
	}
	slow.ask(t, "/slow")
	<-one.arrived
	p.change(hopTo(two, ports[0], ports[1]), true)
	c.ask(t, "/")
	if got, last := c.answer(t); got != "two" || last {
		t.Errorf("got %q after the reload, last: %v", got, last)
	}
	close(one.release)
	if got, last := slow.answer(t); got != "one" || last {
		t.Errorf("got %q for a request before the reload, last: %v", got, last)
	}
	slow.ask(t, "/")
	if got, _ := slow.answer(t); got != "two" {
		t.Errorf("got %q after that", got)
	}
	if _, config := get(t, "", fmt.Sprintf("http://127.0.0.1:%d/config.json", ports[1]), nil); !strings.Contains(config, "/"+two.port+`"`) {
		t.Errorf("the configuration in effect is said to be %s", config)
	}
}

// TestReloadRefused: what is wrong is said with its place, and nothing changes.
func TestReloadRefused(t *testing.T) {
	one := startReplica(t, "one")
	ports := freePorts(t, 2)
	good := hopTo(one, ports[0], ports[1])
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := startReloading(t, good)
	admin := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	c := dial(t, p.addr("router http"))
	for i, row := range []struct{ name, yaml, want string }{
		{"misspelt", strings.Replace(good, "dtab", "dtabb", 1), ":4:3: routers[0].dtabb: unknown key"},
		{"no YAML", "routers: [\n", ":2:1: not YAML: "},
		{"empty", "", ":1:1: the file is empty"},
		{"a directory that is not there", "namers:\n- kind: io.l5d.fs\n  rootDir: /is/not/there\n" + good, ":2:3: namers[0]: "},
		{"a port that is taken", good + "- protocol: http\n  label: two\n  servers:\n  - port: " + portOf(taken.Addr().String()) + "\n", ":10:11: router two: listen tcp "},
		{"the same port on all interfaces", strings.Replace(good, "- port", "- ip: 0.0.0.0\n    port", 1), ":7:11: router http: listen tcp 0.0.0.0:"},
		{"heads of another order", good + "  maxHeadersKB: 4096\n", ":6:11: router http: maxHeadersKB and maxInitialLineKB cannot change by so much while it listens; restart instead"},
		{"another idle time", strings.Replace(good, "- port", "- serverSession: {idleTimeMs: 1000}\n    port", 1), ":7:11: router http: serverSession and socketOptions cannot change while it listens; restart instead"},
		{"another backlog", strings.Replace(good, "- port", "- socketOptions: {backlog: 5}\n    port", 1), ":7:11: router http: serverSession and socketOptions cannot change while it listens; restart instead"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p.t = t
			before := len(p.err.String())
			p.change(row.yaml, false)
			if said := p.err.String()[before:]; !strings.HasPrefix(said, p.file+row.want) {
				t.Errorf("stderr %q, want %q", said, p.file+row.want)
			}
			if _, page := get(t, "", admin+"/admin/reload", nil); !strings.Contains(page, fmt.Sprintf("read again: 0 taken, %d refused\n", i+1)) || !strings.Contains(page, "\n"+p.file+row.want) {
				t.Errorf("the page says %s", page)
			}
			if _, metrics := get(t, "", admin+"/metrics", nil); !strings.Contains(metrics, "meshhop_config_last_reload_successful 0\n") ||
				!strings.Contains(metrics, fmt.Sprintf("meshhop_config_reloads_total{result=\"refused\"} %d\n", i+1)) {
				t.Errorf("the metrics do not say so")
			}
			c.ask(t, "/")
			if got, last := c.answer(t); got != "one" || last {
				t.Errorf("got %q, last: %v", got, last)
			}
		})
	}
	p.t = t
	p.change(good, true)
	page := regexp.MustCompile(`^file: \S+\nin effect since: \S+Z\nread again: 1 taken, 9 refused\n$`)
	if _, got := get(t, "", admin+"/admin/reload", nil); !page.MatchString(got) {
		t.Errorf("the page says %s", got)
	}
	if _, metrics := get(t, "", admin+"/metrics", nil); !strings.Contains(metrics, "meshhop_config_last_reload_successful 1\n") {
		t.Error("the metrics do not say that all is well")
	}
}

// TestReloadOfSockets: those that are new are there, those that are gone end
// as at a shutdown, and the others keep their connections.
func TestReloadOfSockets(t *testing.T) {
	one := startReplica(t, "one")
	ports := freePorts(t, 5)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	p := startReloading(t, hopTo(one, ports[0], ports[1])+fmt.Sprintf("  - port: %d\n", ports[2]))
	stays, goes := dial(t, at(0)), dial(t, at(2))
	goes.ask(t, "/slow")
	<-one.arrived
	p.change(hopTo(one, ports[0], ports[4])+fmt.Sprintf("  - port: %d\n", ports[3]), true)
	if _, body := get(t, "", "http://"+at(3), nil); body != "one" {
		t.Errorf("the new socket leads to %q", body)
	}
	waitFor(t, "the end of the old sockets", func() bool {
		for _, i := range []int{1, 2} {
			if conn, err := net.Dial("tcp", at(i)); err == nil {
				conn.Close()
				return false
			}
		}
		return true
	})
	close(one.release)
	if got, last := goes.answer(t); got != "one" || !last {
		t.Errorf("in flight at a socket that goes: %q, last: %v", got, last)
	}
	stays.ask(t, "/")
	if got, last := stays.answer(t); got != "one" || last {
		t.Errorf("at a socket that stays: %q, last: %v", got, last)
	}
	if _, pong := get(t, "", "http://"+at(4)+"/admin/ping", nil); pong != "pong" {
		t.Errorf("the new admin server says %q", pong)
	}
}

// TestReloadOfFreePorts: port 0 keeps the port that it got.
func TestReloadOfFreePorts(t *testing.T) {
	one, two := startReplica(t, "one"), startReplica(t, "two")
	p := startReloading(t, hopTo(one, 0, 0))
	p.change(hopTo(two, 0, 0), true)
	if _, body := get(t, "", "http://"+p.addr("router http"), nil); body != "two" {
		t.Errorf("got %q", body)
	}
}

// TestReloadThroughSymlinks: the way in which Kubernetes changes a mounted
// ConfigMap.
func TestReloadThroughSymlinks(t *testing.T) {
	one, two := startReplica(t, "one"), startReplica(t, "two")
	ports := freePorts(t, 2)
	dir := t.TempDir()
	publish := func(version, yaml string) {
		t.Helper()
		for _, err := range []error{
			os.Mkdir(filepath.Join(dir, version), 0o700),
			os.WriteFile(filepath.Join(dir, version, "config.yaml"), []byte(yaml), 0o600),
			os.Symlink(version, filepath.Join(dir, "..data_tmp")),
			os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	publish("..1", hopTo(one, ports[0], ports[1]))
	file := filepath.Join(dir, "config.yaml")
	if err := os.Symlink("..data/config.yaml", file); err != nil {
		t.Fatal(err)
	}
	p := &reloading{start(t, "run", file), file}
	publish("..2", hopTo(two, ports[0], ports[1]))
	if err := os.RemoveAll(filepath.Join(dir, "..1")); err != nil {
		t.Fatal(err)
	}
	p.reload(true)
	if _, body := get(t, "", "http://"+p.addr("router http"), nil); body != "two" {
		t.Errorf("got %q", body)
	}
}

// TestReloadUnderLoad loses no request, and the parts of the files before are
// closed.
func TestReloadUnderLoad(t *testing.T) {
	replicas := []*replica{startReplica(t, "one"), startReplica(t, "two")}
	disco := t.TempDir()
	ports := freePorts(t, 2)
	yaml := func(i int) string {
		// By renaming: a file that is being written is empty for a moment.
		web := filepath.Join(disco, "web")
		if err := os.WriteFile(web+".new", []byte("127.0.0.1 "+replicas[i%2].port+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(web+".new", web); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("namers: [{kind: io.l5d.fs, rootDir: %s}]\n", disco) +
			strings.Replace(hopTo(replicas[0], ports[0], ports[1]), "/$/inet/127.0.0.1/"+replicas[0].port, "/#/io.l5d.fs", 1)
	}
	p := startReloading(t, yaml(0))
	var stop atomic.Bool
	var wait sync.WaitGroup
	var answered atomic.Int64
	for range 4 {
		c := dial(t, p.addr("router http"))
		wait.Go(func() {
			for !stop.Load() {
				c.ask(t, "/")
				if got, last := c.answer(t); got != "one" && got != "two" || last {
					t.Errorf("got %q, last: %v", got, last)
				}
				answered.Add(1)
			}
		})
	}
	p.change(yaml(1), true)
	goroutines := runtime.NumGoroutine()
	for i := range 20 {
		before := answered.Load()
		p.change(yaml(i), true)
		waitFor(t, "requests", func() bool { return answered.Load() > before })
	}
	// Each file that is not closed leaves two goroutines or more. Some come and go with requests.
	waitFor(t, "the end of what was before", func() bool { return runtime.NumGoroutine() < goroutines+20 })
	stop.Store(true)
	wait.Wait()
}

// TestEndAfterReload: requests of the configuration before are finished, too,
// and their answers are the last ones.
func TestEndAfterReload(t *testing.T) {
	one, two := startReplica(t, "one"), startReplica(t, "two")
	ports := freePorts(t, 2)
	p := startReloading(t, hopTo(one, ports[0], ports[1]))
	slow := dial(t, p.addr("router http"))
	slow.ask(t, "/slow")
	<-one.arrived
	p.change(hopTo(two, ports[0], ports[1]), true)
	p.cancel()
	waitFor(t, "the end of the socket", func() bool {
		conn, err := net.Dial("tcp", p.addr("router http"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	close(one.release)
	if got, last := slow.answer(t); got != "one" || !last {
		t.Errorf("got %q, last: %v", got, last)
	}
	p.stop()
}

// TestReloadOfStandardInput: it cannot be read again, which is said.
func TestReloadOfStandardInput(t *testing.T) {
	one := startReplica(t, "one")
	p := &reloading{running: startWith(t, hopTo(one, 0, 0), "run", "-")}
	p.reload(false)
	if !strings.Contains(p.err.String(), "\n<stdin>: standard input cannot be read again\n") {
		t.Errorf("stderr %s", p.err)
	}
	if _, body := get(t, "", "http://"+p.addr("router http"), nil); body != "one" {
		t.Errorf("got %q", body)
	}
}

// metric is the value of a series on a page of metrics; -1: it is not there.
func metric(page, series string) float64 {
	for line := range strings.Lines(page) {
		if rest, found := strings.CutPrefix(line, series+" "); found {
			var v float64
			fmt.Sscan(rest, &v)
			return v
		}
	}
	return -1
}

// TestCountersSurviveReload: also those of a request that was in flight, and of
// one reload after the other.
func TestCountersSurviveReload(t *testing.T) {
	one := startReplica(t, "one")
	ports := freePorts(t, 2)
	zipkin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer zipkin.Close()
	yaml := hopTo(one, ports[0], ports[1]) + fmt.Sprintf("telemetry: [{kind: io.zipkin.http, host: '%s', initialSampleRate: 1.0}]\n", zipkin.Listener.Addr())
	p := startReloading(t, yaml)
	c, slow := dial(t, p.addr("router http")), dial(t, p.addr("router http"))
	ask := func(n int) {
		for range n {
			c.ask(t, "/")
			c.answer(t)
		}
	}
	ask(5)
	slow.ask(t, "/slow")
	<-one.arrived
	p.change(yaml, true)
	ask(1)
	page := func() string {
		_, text := get(t, "", fmt.Sprintf("http://127.0.0.1:%d/metrics", ports[1]), nil)
		return text
	}
	server := fmt.Sprintf(`{rt="http",server="127.0.0.1/%d"}`, ports[0])
	client := fmt.Sprintf(`{client="$/inet/127.0.0.1/%s",rt="http"}`, one.port)
	expect := func(what string, want map[string]float64) {
		t.Helper()
		waitFor(t, what, func() bool {
			now := page()
			for series, n := range want {
				if got := metric(now, series); got != n {
					return false
				}
			}
			return true
		})
	}
	expect("the counters with a request in flight", map[string]float64{
		"rt:server:requests" + server: 6, "rt:server:request_latency_ms_count" + server: 6, "rt:server:status:200" + server: 6,
		"rt:client:success" + client: 6, `rt:service:requests{rt="http",service="svc/web"}`: 6, "rt:server:pending" + server: 0,
		"rt:server:connects" + server:                  2,
		`meshhop_config_reloads_total{result="taken"}`: 1,
	})
	close(one.release)
	slow.answer(t)
	want := map[string]float64{
		"rt:server:requests" + server: 7, "rt:server:status:2XX" + server: 7, "rt:client:requests" + client: 7,
		fmt.Sprintf(`meshhop_spans_received_total{pipeline="%s/api/v2/spans"}`, zipkin.URL): 14,
		fmt.Sprintf(`meshhop_spans_exported_total{pipeline="%s/api/v2/spans"}`, zipkin.URL): 14,
	}
	expect("the counters after it", want)
	// Nothing that was counted is lost or counted twice, however often.
	for range 5 {
		p.change(yaml, true)
	}
	ask(1)
	waitFor(t, "the end of the generations before", func() bool { return metric(page(), "rt:server:requests"+server) == 8 })
	for range 3 {
		p.change(strings.Replace(yaml, "dtab", "dtabb", 1), false)
	}
	ask(2)
	expect("the counters in the end", map[string]float64{
		"rt:server:requests" + server: 10, "rt:client:requests" + client: 10,
		`meshhop_config_reloads_total{result="taken"}`: 6, `meshhop_config_reloads_total{result="refused"}`: 3,
	})
}
