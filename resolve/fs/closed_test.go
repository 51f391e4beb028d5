package fs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// TestObservedAfterClose: what is observed only after Close fails and says why, whether it
// was looked up before or not.
func TestObservedAfterClose(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.write("web", "127.1 1")
	d.write("dtab", "/svc => /1")
	name := d.Lookup(resolve.MustPath("/web"))
	tree, err := name.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, err := fs.NewDtab(fs.DtabConfig{File: d.in("dtab")})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, ofName := name.Wait(t.Context())
	_, ofAddr := tree.Leaf.Bound.Addr.Wait(t.Context())
	_, ofDtab := f.Dtab().Wait(t.Context())
	for what, err := range map[string]error{"the name": ofName, "the addresses": ofAddr, "the dtab": ofDtab} {
		if err == nil || !strings.HasSuffix(err.Error(), " is closed") {
			t.Errorf("of %s: %v", what, err)
		}
	}
}
