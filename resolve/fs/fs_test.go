package fs_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
					Move:    func() { d.write(at+"new", "127.1 82") },
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
		{"", "one bad line", "127.1 80\n127.1 http # port\n", "malformed address: line 2 is not an address"},
		{"", "no port", "127.1", "malformed address: line 1 is not an address"},
		{"", "port 0", "127.1 0", "malformed address: line 1 is not an address"},
		{"", "big port", "127.1 65536", "malformed address: line 1 is not an address"},
		{"", "a weight without spaces", "127.1 80 *2", "malformed address: line 1 is not an address"},
		{"", "a weight of nothing", "127.1 80 *", "malformed address: line 1 is not an address"},
		{"", "a weight that is no number", "127.1 80 * NaN", "malformed address: line 1 is not an address"},
		{"", "a negative weight", "127.1 80 * -1", "malformed address: line 1 is not an address"},
		{"", "as big as allowed", "127.1 80\n" + strings.Repeat("#", 500<<10-9), "127.0.0.1:80*1"},
		{"", "too big", "127.1 80\n" + strings.Repeat("#", 500<<10-8), "fs: read x: the file has 512001 bytes; the limit is 512000"},
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
