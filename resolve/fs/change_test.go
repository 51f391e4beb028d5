package fs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve/fs"
)

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
	v.await("/web /", "malformed address: line 2 is not an address")
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

// Who writes a file in place cuts it first: for a while it is empty.
func TestAFileThatIsCutIsNotEmptyAtOnce(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.write("web", "127.1 1")
	v := look(t, d, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	start := time.Now()
	f, err := os.Create(d.in("web"))
	d.do(err)
	time.Sleep(30 * time.Millisecond) // it is the pause that is tested
	_, err = f.WriteString("127.1 2")
	d.do(err)
	d.do(f.Close())
	took := time.Since(start)
	v.await("/web /", "127.0.0.1:2*1")
	if took < 60*time.Millisecond && slices.Contains(v.addresses(), "") {
		t.Error("it was seen without addresses")
	}
	d.write("web", "")
	v.await("/web /", "")
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
	d.link(d.path+"x/web", "beside")
	look(t, d, "/beside").await("fs: name /beside: statat beside: path escapes from parent", "*")
	d.link("self", "self")
	look(t, d, "/self").await("fs: name /self: statat self: too many levels of symbolic links", "*")
	d.do(mkfifo(d.in("pipe")))
	look(t, d, "/pipe").await("Neg", "*")
}

// A link may be written with the whole path, as ln -s "$PWD/web" does.
func TestAbsoluteLinks(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour})
	d.mkdir("sub/deep")
	d.write("web", "127.1 1")
	d.link(d.in("web"), "link")
	v := look(t, d, "/link")
	v.await("/link /", "127.0.0.1:1*1")
	d.write("web", "127.1 2")
	v.await("/link /", "127.0.0.1:2*1")
	d.remove("web")
	v.await("Neg", "*")
	d.write("web", "127.1 3")
	v.await("/link /", "127.0.0.1:3*1")

	// A directory, links through links, and "..".
	d.link(d.in("sub"), "dir")
	d.write("sub/deep/web", "127.1 4")
	look(t, d, "/dir/deep/web/rest").await("/dir/deep/web /rest", "127.0.0.1:4*1")
	d.link(d.in("dir")+"/deep/../deep/web", "chain")
	v = look(t, d, "/chain")
	v.await("/chain /", "127.0.0.1:4*1")
	d.write("sub/deep/web", "127.1 5")
	v.await("/chain /", "127.0.0.1:5*1")
	d.link(d.path, "root")
	look(t, d, "/root/root/web").await("/root/root/web /", "127.0.0.1:3*1")

	// The root by another of its names.
	above := dir{t: t, path: t.TempDir()}
	above.link(d.path, "alias")
	n, err := fs.New(fs.Config{RootDir: above.in("alias")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	look(t, n, "/link").await("/link /", "127.0.0.1:3*1")
	d.link(above.in("alias/web"), "by-alias")
	look(t, n, "/by-alias").await("/by-alias /", "127.0.0.1:3*1")
	names, err := n.Names()
	if shown := fmt.Sprint(names); err != nil || !strings.Contains(shown, "/link ") || !strings.Contains(shown, "/dir/deep/web") {
		t.Errorf("%v, %v", shown, err)
	}

	// Out of it, also where the name of the root is the beginning of another.
	for what, target := range map[string]string{
		"out": "/etc/hosts", "beside": d.path + "x/web", "up": d.in("../../etc/hosts"), "through": d.in("out"), "above": filepath.Dir(d.path),
	} {
		d.link(target, what+"-link")
		if what == "through" {
			d.link("/etc/hosts", "out")
		}
		look(t, d, "/"+what+"-link").await("fs: name /"+what+"-link: statat "+what+"-link: path escapes from parent", "*")
	}
}

// What a link leads to may be changed where it is, and so may what it leads
// through.
func TestLinksAreFollowedStepByStep(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour})
	d.mkdir("real/deep")
	d.mkdir("other")
	d.write("real/deep/web", "127.1 1")
	d.link("real", "way")
	d.link("way/deep/../deep/web", "web")
	v := look(t, d, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	d.write("real/deep/web", "127.1 2") // in place
	v.await("/web /", "127.0.0.1:2*1")
	d.write("real/deep/new", "127.1 3")
	d.rename("real/deep/new", "real/deep/web")
	v.await("/web /", "127.0.0.1:3*1")
	d.remove("real/deep/web")
	v.await("Neg", "*")
	d.remove("real/deep")
	d.mkdir("real/deep")
	d.write("real/deep/web", "127.1 4")
	v.await("/web /", "127.0.0.1:4*1")
	d.mkdir("other/deep")
	d.write("other/deep/web", "127.1 5")
	d.link("other", "tmp")
	d.rename("tmp", "way") // the link in the middle
	v.await("/web /", "127.0.0.1:5*1")
	d.write("other/deep/web", "127.1 6")
	v.await("/web /", "127.0.0.1:6*1")
	d.link("../../other/deep/web", "real/deep/out") // out of its directory, not out of the root
	d.remove("web")
	d.link("real/deep/out", "web")
	v.await("/web /", "127.0.0.1:6*1")
	d.write("other/deep/web", "127.1 7")
	v.await("/web /", "127.0.0.1:7*1")
}

// The root itself may be a link, as a directory in a mounted ConfigMap is.
func TestTheRootMayBeALink(t *testing.T) {
	d := newDir(t, fs.Config{})
	for _, v := range []string{"1", "2"} {
		d.mkdir("..v" + v + "/names")
		d.write("..v"+v+"/names/web", "127.1 "+v)
	}
	d.link("..v1", "..data")
	d.mkdir("beside")
	d.link("beside/.././..data/names", "names")
	n, err := fs.New(fs.Config{RootDir: d.in("names"), Refresh: time.Hour, ErrorLog: logtest.ErrorsTo(func(err error) { t.Error(err) })})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	v := look(t, n, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	d.link("..v2", "..tmp")
	d.rename("..tmp", "..data")
	v.await("/web /", "127.0.0.1:2*1")
	d.write("..v2/names/web", "127.1 3")
	v.await("/web /", "127.0.0.1:3*1")
}

func TestTheRootMayGoAndComeBack(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour})
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

// Where the file system gives no notice of a change, or where nobody watches
// as far up, it is seen all the same.
func TestWhatNobodyTellsIsSeen(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.mkdir("above/names")
	d.write("above/names/web", "127.1 1")
	n, err := fs.New(fs.Config{RootDir: d.in("above/names"), Refresh: 20 * time.Millisecond, ErrorLog: logtest.ErrorsTo(func(err error) { t.Error(err) })})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	v := look(t, n, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	d.mkdir("new/names")
	d.write("new/names/web", "127.1 2")
	d.rename("above", "old")
	d.rename("new", "above")
	v.await("/web /", "127.0.0.1:2*1")
}
