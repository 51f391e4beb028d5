package fs_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve/fs"
)

// waiting is a resolver that answers for no host until its look-up ends.
type waiting struct{ begun, ended chan string }

func (w waiting) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	w.begun <- host
	<-ctx.Done()
	w.ended <- host
	return nil, ctx.Err()
}

// TestHostsThatLeaveTheFile: the look-up of a host ends when the file names it no more, and
// begins anew when it does again.
func TestHostsThatLeaveTheFile(t *testing.T) {
	w := waiting{make(chan string, 10), make(chan string, 10)}
	d := newDir(t, fs.Config{Resolver: w})
	d.write("web", "app01 80")
	v := look(t, d, "/web")
	v.await("/web /", "pending")
	expect := func(from chan string) {
		t.Helper()
		if got := <-from; got != "app01" {
			t.Fatalf("%s was looked up", got)
		}
	}
	expect(w.begun)
	d.write("web", "127.1 80")
	v.await("/web /", "127.0.0.1:80*1")
	expect(w.ended)
	d.write("web", "127.1 81\napp01 80")
	expect(w.begun)
}

// TestHostsThatStayInTheFile: the look-up of a host goes on when the file changes and still
// names it.
func TestHostsThatStayInTheFile(t *testing.T) {
	w := waiting{make(chan string, 10), make(chan string, 10)}
	d := newDir(t, fs.Config{Resolver: w})
	d.write("web", "app01 80")
	v := look(t, d, "/web")
	first := <-w.begun
	d.write("web", "app01 80\napp02 80")
	if second := <-w.begun; first != "app01" || second != "app02" {
		t.Errorf("%s was looked up, and then %s", first, second)
	}
	d.write("web", "127.1 80")
	v.await("/web /", "127.0.0.1:80*1")
	d.do(d.Close())
	if begun, ended := len(w.begun), len(w.ended); begun != 0 || ended != 2 {
		t.Errorf("%d look-ups began anew, and %d ended", begun, ended)
	}
}

// TestHostsAreBounded: a file with too many host names is an error, and one with as many as
// may be is none.
func TestHostsAreBounded(t *testing.T) {
	file := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "h%d 80\n", i)
		}
		return b.String()
	}
	d := newDir(t, fs.Config{Resolver: waiting{make(chan string, 10000), make(chan string, 10000)}})
	d.write("most", file(1000))
	look(t, d, "/most").await("/most /", "pending")
	d.write("more", file(1001))
	look(t, d, "/more").await("/more /", "fs: the file has 1001 host names; the limit is 1000")
}
