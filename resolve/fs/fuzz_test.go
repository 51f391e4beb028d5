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
		"web.example 8", "127.1 80 *", "127.1 80 * -0", "127.1 80 * 0x1p-3", "web.example 80\nbroken.example 81 * 2\n127.1 80", "[::1] 80\n\u00a0127.1 81", "\t# only\n", "127.1 80 * 1 # x * y",
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
		if err != nil && !strings.HasPrefix(err.Error(), "malformed address: ") && !strings.HasPrefix(err.Error(), "fs: ") {
			t.Errorf("%q: %v", text, err)
		}
		if bad, ok := strings.CutPrefix(fmt.Sprint(err), "malformed address: "); ok {
			var line int
			if _, scan := fmt.Sscanf(bad, "line %d is", &line); scan != nil || line > strings.Count(text, "\n")+1 ||
				bad != fmt.Sprintf("line %d is not an address", line) {
				t.Errorf("%q: %s", text, bad)
			}
		}
		// A name of hosts has two addresses.
		if err != nil && r.Addresses != nil || len(r.Addresses) > 2*(strings.Count(text, "\n")+1) {
			t.Errorf("%q has %d addresses, %v", text, len(r.Addresses), err)
		}
		for _, a := range r.Addresses {
			if !a.AddrPort.IsValid() || a.AddrPort.Port() == 0 || !(a.Weight >= 0) {
				t.Errorf("%q has the address %+v", text, a)
			}
		}
	})
}

// FuzzDtabFile checks that a file is the dtab that its text is, or tells where
// it stops being one.
func FuzzDtabFile(f *testing.F) {
	for _, s := range []string{
		"/svc => /#/io.l5d.fs;\n", "", "# c\n\n/a => /b | 0.5 * /c & ~ ;;", "/svc", "/svc =>\n\n /a & ;", "/\xff => /a", "\x00", "/a=>/b;\r\n/c=>(/d",
		"/" + strings.Repeat("a", 200) + "=>*",
	} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(dir, fmt.Sprintf("f%p", &text))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(file)
		watched, err := fs.NewDtab(fs.DtabConfig{File: file})
		if err != nil {
			t.Fatal(err)
		}
		defer watched.Close()
		got, err := watched.Dtab().Wait(t.Context())
		want, wrong := resolve.ParseDtab(text)
		if (err == nil) != (wrong == nil) || got.String() != want.String() {
			t.Fatalf("%q is %q, %v; want %q, %v", text, got, err, want, wrong)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "fs: dtab file "+file) || len(err.Error()) > len(file)+300) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
