package proxytest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

// tooLate is when a change that has not reached requests is a failure. What is
// promised is 100 ms; a test machine may be slow.
const tooLate = 2 * time.Second

// startNamed starts a service that responds with its name, and returns its port.
func startNamed(t testing.TB, name string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, name) }))
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")
	return port
}

// files is a directory that a test changes.
type files struct {
	t    testing.TB
	path string
}

func newFiles(t testing.TB) files { return files{t, t.TempDir()} }

func (f files) in(name string) string { return filepath.Join(f.path, name) }

func (f files) do(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// write writes a file in place, in one step: who cuts it first, and is then
// kept from writing for longer than the namer's patience, has emptied it.
func (f files) write(name, text string) {
	f.t.Helper()
	file, err := os.OpenFile(f.in(name), os.O_WRONLY|os.O_CREATE, 0o644)
	f.do(err)
	defer file.Close()
	_, err = fmt.Fprintf(file, "%-100s", text)
	f.do(err)
}

// replace puts a new file in the place of one, as most editors do.
func (f files) replace(name, text string) {
	f.t.Helper()
	f.write(name+".new", text)
	f.do(os.Rename(f.in(name+".new"), f.in(name)))
}

// swap changes a file as Kubernetes changes a mounted ConfigMap: the name leads
// through a link to a directory, which is replaced.
func (f files) swap(name, text string) {
	f.t.Helper()
	version, err := os.MkdirTemp(f.path, "..v")
	f.do(err)
	f.do(os.WriteFile(filepath.Join(version, name), []byte(text), 0o644))
	f.do(os.Symlink(filepath.Base(version), f.in("..tmp")))
	f.do(os.Rename(f.in("..tmp"), f.in("..data")))
	if _, err := os.Lstat(f.in(name)); err != nil {
		f.do(os.Symlink("..data/"+name, f.in(name)))
	}
}

func (f files) remove(name string) { f.t.Helper(); f.do(os.Remove(f.in(name))) }

// crowd is clients that send one request after the other to the same name
// until the test ends. A failure of any of them is one of the test.
type crowd struct {
	t      testing.TB
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	total  int
	want   string    // the response that is waited for
	since  time.Time // by a request that began after that
	seen   chan time.Duration
	delays []time.Duration
}

// newCrowd returns when the responses are first.
func newCrowd(t testing.TB, mesh *proxytest.Mesh, host, first string) *crowd {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &crowd{t: t, cancel: cancel, seen: make(chan time.Duration, 1)}
	client := mesh.Client("http")
	for range 4 {
		c.wait.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				status, body, err := try(client, host)
				if err != nil || status != http.StatusOK {
					t.Errorf("a request to %s failed: status %d, %v: %s", host, status, err, body)
					return
				}
				c.took(began, body)
			}
		})
	}
	t.Cleanup(c.stop)
	c.until(first, func() {})
	c.delays = nil
	return c
}

func (c *crowd) stop() {
	c.cancel()
	c.wait.Wait()
}

func (c *crowd) took(began time.Time, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total++; c.want != "" && body == c.want && !began.Before(c.since) {
		c.want = ""
		c.seen <- time.Since(c.since)
	}
}

// until makes a change and waits until the response to a request is want. It
// counts the time.
func (c *crowd) until(want string, change func()) {
	c.t.Helper()
	change()
	c.mu.Lock()
	c.want, c.since = want, time.Now()
	c.mu.Unlock()
	select {
	case took := <-c.seen:
		c.delays = append(c.delays, took)
	case <-time.After(tooLate):
		c.t.Fatalf("%s after a change no request gets the response %q", tooLate, want)
	}
}

// log prints how long changes took to reach requests.
func (c *crowd) log(what string) {
	c.stop()
	slices.Sort(c.delays)
	n := len(c.delays)
	c.t.Logf("%s: %d changes among %d requests reached them in %s (median), %s at most", what, n, c.total,
		c.delays[n/2].Round(100*time.Microsecond), c.delays[n-1].Round(100*time.Microsecond))
	if c.total < 2*n {
		c.t.Errorf("only %d requests ran beside %d changes", c.total, n)
	}
}

func try(client *http.Client, host string) (status int, body string, err error) {
	resp, err := client.Get("http://" + host + "/")
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// address is a line of a file of the namer io.l5d.fs.
func address(port string) string { return fmt.Sprintf("127.0.0.1 %s\n", port) }

func mkdir(path string) error { return os.Mkdir(path, 0o755) }
