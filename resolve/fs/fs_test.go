package fs_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"context"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dir is a directory of names and a namer that watches it.
type dir struct {
	*fs.Namer
	t    testing.TB
	path string
}

func newDir(t testing.TB, c fs.Config) dir {
	t.Helper()
	d := dir{t: t, path: t.TempDir()}
	c.RootDir = d.path
	if c.ErrorLog == nil {
		c.ErrorLog = func(err error) { t.Error(err) }
	}
	var err error
	if d.Namer, err = fs.New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d dir) do(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d dir) in(name string) string { return filepath.Join(d.path, name) }

func (d dir) write(name, text string) {
	d.t.Helper()
	d.do(os.WriteFile(d.in(name), []byte(text), 0o644))
}
func (d dir) mkdir(name string)      { d.t.Helper(); d.do(os.MkdirAll(d.in(name), 0o755)) }
func (d dir) remove(name string)     { d.t.Helper(); d.do(os.RemoveAll(d.in(name))) }
func (d dir) rename(from, to string) { d.t.Helper(); d.do(os.Rename(d.in(from), d.in(to))) }
func (d dir) link(target, name string) {
	d.t.Helper()
	d.do(os.Symlink(target, d.in(name)))
}

// view is what an observer of a name and of its replicas sees.
type view struct {
	t       testing.TB
	changed chan struct{}

	mu   sync.Mutex
	tree string
	addr string
	stop func() // observing the replicas
}

// look observes a name, and the replicas of what it is bound to.
func look(t testing.TB, n resolve.Namer, name string) *view {
	v := &view{t: t, changed: make(chan struct{}, 1), stop: func() {}}
	stop := n.Lookup(resolve.MustPath(name)).Observe(func(s resolve.State[resolve.NameTree[resolve.Name]]) {
		text := s.Status.String()
		switch {
		case s.Status == resolve.Failed:
			text = s.Err.Error()
		case s.Status == resolve.OK && s.Value.Op != resolve.Leaf:
			text = s.Value.Op.String()
		case s.Status == resolve.OK:
			b := s.Value.Leaf.Bound
			text = b.ID.String() + " " + b.Residual.String()
			v.mu.Lock()
			old := v.stop
			v.mu.Unlock()
			stop := b.Addr.Observe(func(s resolve.State[resolve.Replicas]) { v.set(nil, showReplicas(s)) })
			old()
			v.mu.Lock()
			v.stop = stop
			v.mu.Unlock()
		}
		v.set(&text, "")
	})
	t.Cleanup(func() {
		stop()
		v.mu.Lock()
		defer v.mu.Unlock()
		v.stop()
	})
	return v
}

func (v *view) set(tree *string, addr string) {
	v.mu.Lock()
	if tree != nil {
		v.tree = *tree
	} else {
		v.addr = addr
	}
	v.mu.Unlock()
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

func showReplicas(s resolve.State[resolve.Replicas]) string {
	switch {
	case s.Status == resolve.Failed:
		return s.Err.Error()
	case s.Status == resolve.Pending:
		return "pending"
	}
	text := ""
	for _, a := range s.Value.Addresses {
		text += fmt.Sprintf("%s*%v ", a.AddrPort, a.Weight)
	}
	return strings.TrimSuffix(text, " ")
}

// await waits until the name has become want; replicas counts when not "*".
func (v *view) await(tree, replicas string) {
	v.t.Helper()
	late := time.After(10 * time.Second)
	for {
		v.mu.Lock()
		gotTree, gotAddr := v.tree, v.addr
		v.mu.Unlock()
		if gotTree == tree && (replicas == "*" || gotAddr == replicas) {
			return
		}
		select {
		case <-v.changed:
		case <-late:
			v.t.Fatalf("it is %q with %q, want %q with %q", gotTree, gotAddr, tree, replicas)
		}
	}
}

func TestConformance(t *testing.T) {
	for _, at := range []string{"", "sub/", "sub/deeper/"} {
		t.Run("in "+at, func(t *testing.T) {
			resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
				d := newDir(t, fs.Config{})
				d.mkdir(at)
				d.write(at+"web", "127.1 80")
				return resolvetest.Subject{
					Namer:   d,
					Exists:  resolve.MustPath("/" + at + "web"),
					Missing: resolve.MustPath("/" + at + "new"),
					Add:     func() { d.write(at+"new", "127.1 81") },
					Remove:  func() { d.remove(at + "new") },
				}
			})
		})
	}
}

func TestFiles(t *testing.T) {
	for _, c := range []struct{ vector, what, text, want string }{
		{"94", "weights", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n", "127.0.0.1:8080*1 127.0.0.1:8081*0.23"},
		{"", "comments and white space", "# all\n\n \t127.1\t 8080 # one\r\n#\n::1 1", "127.0.0.1:8080*1 [::1]:1*1"},
		{"", "empty", "", ""},
		{"", "duplicates", "127.1 80\n127.1 80\n127.1 80 * 2", "127.0.0.1:80*1 127.0.0.1:80*2"},
		{"", "names", "web.example 80", "10.0.0.1:80*1 10.0.0.2:80*1"},
		{"", "an unknown name among others", "nobody.example 80\n127.1 80", "127.0.0.1:80*1"},
		{"", "a name that cannot be looked up among others", "broken.example 80\n127.1 80", "127.0.0.1:80*1"},
		{"", "a name that cannot be looked up", "broken.example 80", `fs: look up host "broken.example": lookup broken.example: server misbehaving`},
		{"", "one bad line", "127.1 80\n127.1 http # port\n", "malformed address: 127.1 http"},
		{"", "no port", "127.1", "malformed address: 127.1"},
		{"", "port 0", "127.1 0", "malformed address: 127.1 0"},
		{"", "big port", "127.1 65536", "malformed address: 127.1 65536"},
		{"", "a weight without spaces", "127.1 80 *2", "malformed address: 127.1 80 *2"},
		{"", "a weight of nothing", "127.1 80 *", "malformed address: 127.1 80 *"},
		{"", "a weight that is no number", "127.1 80 * NaN", "malformed address: 127.1 80 * NaN"},
		{"", "a negative weight", "127.1 80 * -1", "malformed address: 127.1 80 * -1"},
		{"", "as big as allowed", "127.1 80\n" + strings.Repeat("#", 500<<10-9), "127.0.0.1:80*1"},
		{"", "too big", "127.1 80\n" + strings.Repeat("#", 500<<10-8), "fs: read x: the file has 512001 bytes, and 512000 are allowed"},
	} {
		name := c.what
		if c.vector != "" {
			name = "vector " + c.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			d := newDir(t, fs.Config{Resolver: hosts{}})
			d.write("x", c.text)
			look(t, d, "/x/rest").await("/x /rest", c.want)
		})
	}
}

// hosts is a resolver with fixed answers.
type hosts struct{}

func (hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	switch host {
	case "web.example":
		return []netip.Addr{netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.1")}, nil
	case "broken.example":
		return nil, &net.DNSError{Err: "server misbehaving", Name: host}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestChanges(t *testing.T) {
	d := newDir(t, fs.Config{})
	v := look(t, d, "/web")
	v.await("Neg", "*")

	d.write("web", "127.1 1")
	v.await("/web /", "127.0.0.1:1*1")
	d.write("web", "127.1 2") // in place, the same size
	v.await("/web /", "127.0.0.1:2*1")
	d.write("new", "127.1 3")
	d.rename("new", "web")
	v.await("/web /", "127.0.0.1:3*1")

	f, err := os.Create(d.in("web")) // piece by piece
	d.do(err)
	_, err = f.WriteString("127.1 4\n127.1 ")
	d.do(err)
	v.await("/web /", "malformed address: 127.1")
	_, err = f.WriteString("5\n")
	d.do(err)
	d.do(f.Close())
	v.await("/web /", "127.0.0.1:4*1 127.0.0.1:5*1")

	d.remove("web")
	v.await("Neg", "*")
	d.write("web", "127.1 6")
	v.await("/web /", "127.0.0.1:6*1")
	d.rename("web", "other")
	v.await("Neg", "*")
	d.rename("other", "web")
	v.await("/web /", "127.0.0.1:6*1")
	d.remove("web")
	d.mkdir("web")
	v.await("Neg", "*")
	d.remove("web")
	d.write("web", "127.1 7")
	v.await("/web /", "127.0.0.1:7*1")
}

func TestDirectories(t *testing.T) {
	d := newDir(t, fs.Config{})
	v := look(t, d, "/a/b/web/rest")
	v.await("Neg", "*")
	d.mkdir("a/b")
	v.await("Neg", "*")
	d.write("a/b/web", "127.1 1")
	v.await("/a/b/web /rest", "127.0.0.1:1*1")
	d.rename("a", "c")
	v.await("Neg", "*")
	d.write("c/b/web", "127.1 2")
	d.rename("c", "a")
	v.await("/a/b/web /rest", "127.0.0.1:2*1")
	d.write("a/b/web", "127.1 3")
	v.await("/a/b/web /rest", "127.0.0.1:3*1")
	d.remove("a")
	v.await("Neg", "*")
	d.mkdir("a/b")
	d.write("a/b/web", "127.1 4")
	v.await("/a/b/web /rest", "127.0.0.1:4*1")
	d.remove("a/b")
	d.write("a/b", "127.1 5")
	v.await("/a/b /web/rest", "127.0.0.1:5*1")
}

// A mounted ConfigMap is changed by swapping a link that others lead through.
func TestLinks(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour})
	for _, v := range []string{"1", "2"} {
		d.mkdir("..v" + v)
		d.write("..v"+v+"/web", "127.1 "+v)
	}
	d.link("..v1", "..data")
	d.link("..data/web", "web")
	v := look(t, d, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	d.link("..v2", "..tmp")
	d.rename("..tmp", "..data")
	v.await("/web /", "127.0.0.1:2*1")

	d.link("/etc/hosts", "out")
	look(t, d, "/out").await("fs: name /out: statat out: path escapes from parent", "*")
	d.link("self", "self")
	look(t, d, "/self").await("fs: name /self: statat self: too many levels of symbolic links", "*")
	d.do(syscall.Mkfifo(d.in("pipe"), 0o644))
	look(t, d, "/pipe").await("Neg", "*")
}

func TestTheRootMayGoAndComeBack(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: 20 * time.Millisecond})
	d.write("web", "127.1 1")
	v := look(t, d, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	d.remove("")
	v.await("fs: root directory: open "+d.path+": no such file or directory", "*")
	d.mkdir("")
	v.await("Neg", "*")
	d.write("web", "127.1 2")
	v.await("/web /", "127.0.0.1:2*1")
}

func TestNewRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]fs.Config{
		"nothing":            {},
		"a file":             {RootDir: file},
		"a missing one":      {RootDir: file + "x"},
		"a negative Refresh": {RootDir: filepath.Dir(file), Refresh: -1},
	} {
		if n, err := fs.New(c); err == nil {
			t.Errorf("%s was taken", what)
			_ = n.Close()
		}
	}
}

func TestClose(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.write("web", "127.1 1")
	v := look(t, d, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	v.await("/web /", "127.0.0.1:1*1")
	look(t, d, "/web").await("fs: the namer of "+d.path+" is closed", "*")
}

// Whatever happens to the files, who observes ends with what is there.
func TestChurn(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour, ErrorLog: func(error) {}})
	var views []*view
	names := []string{"a", "b", "sub/a", "sub/b"}
	for range 4 {
		for _, name := range names {
			views = append(views, look(t, d, "/"+name))
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			// Each of these may find that another was faster.
			name := d.in(names[i%2])
			switch i % 5 {
			case 0, 1:
				_ = os.WriteFile(name, fmt.Appendf(nil, "127.1 %d", i+1), 0o644)
			case 2:
				_ = os.Remove(name)
			case 3:
				_ = os.WriteFile(d.in("tmp"), fmt.Appendf(nil, "127.1 %d", i+1), 0o644)
				_ = os.Rename(d.in("tmp"), name)
			case 4:
				_ = os.Mkdir(name, 0o755)
				_ = os.Remove(name)
			}
		}
	})
	wg.Go(func() {
		for i := range 50 {
			_ = os.Mkdir(d.in("sub"), 0o755)
			_ = os.WriteFile(d.in(names[2+i%2]), fmt.Appendf(nil, "127.1 %d", i+1), 0o644)
			if i%3 == 0 {
				_ = os.Rename(d.in("sub"), d.in("gone"))
			}
			_ = os.RemoveAll(d.in("gone"))
			if i%5 == 0 {
				_ = os.RemoveAll(d.in("sub"))
			}
		}
	})
	wg.Go(func() {
		for i := range 100 {
			a := d.Lookup(resolve.MustPath("/" + names[i%4]))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, _ = a.Wait(ctx)
			cancel()
		}
	})
	wg.Wait()
	d.mkdir("sub")
	for i, name := range names {
		d.remove(name)
		d.write(name, fmt.Sprintf("127.1 %d", 5000+i))
	}
	for i, v := range views {
		v.await("/"+names[i%4]+" /", fmt.Sprintf("127.0.0.1:%d*1", 5000+i%4))
	}
}

func TestFixture(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "fixtures", "linkerd-1.7.5", "io.l5d.fs")
	if _, err := os.Stat(root); err != nil {
		t.Skip("SKIPPED: Linkerd's example files are not here: " + err.Error())
	}
	n, err := fs.New(fs.Config{RootDir: root})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	got := map[string]string{}
	for _, name := range []string{"cat", "default", "dog", "thrift"} {
		tree, err := n.Lookup(resolve.MustPath("/" + name)).Wait(t.Context())
		if err != nil || tree.Op != resolve.Leaf {
			t.Fatalf("%s: %v, %v", name, tree.Op, err)
		}
		r, err := tree.Leaf.Bound.Addr.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got[name] = r.Addresses[0].AddrPort.String()
	}
	want := map[string]string{"cat": "127.0.0.1:8888", "default": "127.0.0.1:9990", "dog": "127.0.0.1:8888", "thrift": "127.0.0.1:9991"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
