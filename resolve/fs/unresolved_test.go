package fs_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// Hosts of a file that have no addresses are named where its addresses are
// shown, and told once to the log.
func TestHostsWithoutAddresses(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"one", "app01 80", "app01: no such host"},
		{"one of two", "127.1 80\napp01 80\napp01 81", "app01: no such host"},
		{"one that nobody can tell of", "127.1 80\nbroken.example 80", "broken.example: lookup broken.example: server misbehaving"},
		{"many", "a 80\nb 80\nc 80\nd 80\ne 80\nf 80\ng 80",
			"a: no such host; b: no such host; c: no such host; d: no such host; e: no such host; and 2 more hosts"},
		{"none", "127.1 80\nweb.example 80", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			var mu sync.Mutex
			var logged []string
			d := newDir(t, fs.Config{Resolver: hosts{}, Refresh: 10 * time.Millisecond, ErrorLog: logtest.ErrorsTo(func(err error) {
				mu.Lock()
				defer mu.Unlock()
				logged = append(logged, err.Error())
			})})
			d.write("web", c.text)
			in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fs"), Namer: d.Namer}}})
			if err != nil {
				t.Fatal(err)
			}
			bound, err := in.Bind(nil, resolve.MustPath("/#/fs/web")).Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			addr := bound.Leaf.Addr
			defer addr.Observe(func(resolve.State[resolve.Replicas]) {})()
			if _, err := addr.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond) // some look-ups more
			if got := addr.Sample().Value.Unresolved; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			mu.Lock()
			defer mu.Unlock()
			hosts := make(map[string]int)
			for _, l := range logged {
				_, host, _ := strings.Cut(l, "fs: file of /web: ")
				host, _, _ = strings.Cut(host, ":")
				hosts[host]++
			}
			want := make(map[string]int)
			for line := range strings.SplitSeq(c.text, "\n") {
				if host, _, _ := strings.Cut(line, " "); c.want != "" && host != "127.1" {
					want[host] = 1
				}
			}
			if diff := cmp.Diff(want, hosts); diff != "" {
				t.Error(diff)
			}
		})
	}
}
