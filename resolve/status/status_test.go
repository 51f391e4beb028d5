package status_test

import (
	"errors"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	resolvetest.TestNamer(t, func(*testing.T) resolvetest.Subject {
		return resolvetest.Subject{Namer: status.Namer{}, Exists: resolve.MustPath("/401"), Missing: resolve.MustPath("/foo")}
	})
}

func TestLookup(t *testing.T) {
	in, err := resolve.New(resolve.Config{Utilities: map[string]resolve.Namer{"io.buoyant.http.status": status.Namer{}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		vector, name string
		status       int // 0: no such name
		residual     string
	}{
		{"88", "/$/io.buoyant.http.status/401/foo/bar.a.b/bah", 401, "/foo/bar.a.b/bah"},
		{"88", "/$/io.buoyant.http.status/foo/bar.a.b/bah", 0, ""},
		{"88", "/$/io.buoyant.http.status", 0, ""},
		{"", "/$/io.buoyant.http.status/200", 200, "/"},
		{"", "/$/io.buoyant.http.status/599", 599, "/"},
		{"", "/$/io.buoyant.http.status/600", 0, ""},
		{"", "/$/io.buoyant.http.status/099", 0, ""},
		{"", "/$/io.buoyant.http.status/0401", 0, ""},
		{"", "/$/io.buoyant.http.status/40", 0, ""},
		{"", "/$/io.buoyant.http.status/-40", 0, ""},
		{"", "/$/io.buoyant.http.status/4-1", 0, ""},
		{"", `/$/io.buoyant.http.status/\x2b40`, 0, ""},
	} {
		name := c.name
		if c.vector != "" {
			name = "vector " + c.vector + ": " + name
		}
		t.Run(name, func(t *testing.T) {
			tree, err := in.Bind(nil, resolve.MustPath(c.name)).Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.status == 0 {
				if tree.Op != resolve.Neg {
					t.Errorf("it is %v", tree.Op)
				}
				return
			}
			r, err := tree.Leaf.Addr.Wait(t.Context())
			if err != nil || len(r.Addresses) != 1 || r.Addresses[0] != (resolve.Address{Status: c.status, Weight: 1}) {
				t.Errorf("it is at %v, %v", r.Addresses, err)
			}
			if id := resolve.MustPath(c.name).Take(3); tree.Leaf.ID != id || tree.Leaf.Residual.String() != c.residual {
				t.Errorf("the ID is %s, the residual %s", tree.Leaf.ID, tree.Leaf.Residual)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	for _, name := range []string{"/100", "/101/x", "/199"} {
		_, err := status.Namer{}.Lookup(resolve.MustPath(name)).Wait(t.Context())
		if unknown := (*resolve.UnknownNamerError)(nil); !errors.As(err, &unknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, s := range []string{"/401/foo", "/099", "/600", "/4a1", "/", `/\x34\x30\x31`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := resolve.ParsePath(s)
		if err != nil {
			return
		}
		tree := status.Namer{}.Lookup(p).Sample().Value
		if tree.Op != resolve.Leaf {
			return
		}
		b := tree.Leaf.Bound
		code := b.Addr.Sample().Value.Addresses[0].Status
		if code < 200 || code > 599 || b.ID.String() != fmt.Sprintf("/%d", code) || b.ID.Append(b.Residual) != p {
			t.Errorf("%s is %d, with the ID %s and the residual %s", p, code, b.ID, b.Residual)
		}
	})
}
