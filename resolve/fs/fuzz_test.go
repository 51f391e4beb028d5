package fs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

func FuzzFile(f *testing.F) {
	for _, s := range []string{
		"127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n", "", "# c\n\n127.1 80 # d\r\n", "127.1", "127.1 http", "::1 1 *", "a 1 * 1e9", "\x00 1",
	} {
		f.Add(s)
	}
	dir := f.TempDir()
	n, err := fs.New(fs.Config{RootDir: dir, Resolver: hosts{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = n.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		name := fmt.Sprintf("f%p", &text)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(filepath.Join(dir, name))
		tree, err := n.Lookup(resolve.MustPath("/" + name)).Wait(t.Context())
		if err != nil || tree.Op != resolve.Leaf {
			t.Fatalf("%q: %v, %v", text, tree.Op, err)
		}
		r, err := tree.Leaf.Bound.Addr.Wait(t.Context())
		if err != nil && r.Addresses != nil || len(r.Addresses) > strings.Count(text, "\n")+1 {
			t.Errorf("%q has %d addresses, %v", text, len(r.Addresses), err)
		}
		for _, a := range r.Addresses {
			if !a.AddrPort.IsValid() || a.AddrPort.Port() == 0 || !(a.Weight >= 0) {
				t.Errorf("%q has the address %+v", text, a)
			}
		}
	})
}
