package config_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// read loads a file with an identifier of the kind test, which reads with f.
func read(t *testing.T, identifier string, f func(*config.Decoder) error) ([]string, *config.File) {
	t.Helper()
	kinds := config.Builtin()
	kinds.Identifiers["test"] = func(d *config.Decoder) (config.Part[router.Identifier], error) {
		return config.Ready(router.Static(resolve.MustPath("/x"))), f(d)
	}
	file, err := config.Load("f", []byte(valid+"  identifier:\n    kind: test\n"+identifier), kinds)
	return lines(err), file
}

func TestDecoderReads(t *testing.T) {
	const text = "    text: 1.50\n    texts: [a, 2]\n    yes: true\n    int: -3\n    float: 1e3\n    ms: 20\n    port: '80'\n    ip: ::1\n    name: /a/b\n    dtab: /a=>/b\n    group: {a: b}\n    groups: [{n: 1}, {n: 2}]\n    none:\n"
	got, _ := read(t, text, func(d *config.Decoder) error {
		if !d.Has("text") || d.Has("none") || d.Has("absent") || !d.Need("int") {
			t.Error("what is there and what is not")
		}
		group, ok := d.Group("group")
		if !ok || group.Text("a", "") != "b" {
			t.Error("group")
		}
		group.Done()
		var n []int
		for _, g := range d.Groups("groups") {
			n = append(n, g.Int("n", 0, 0, 9))
			g.Done()
		}
		want := []any{"1.50", []string{"a", "2"}, true, -3, 1000.0, 20 * time.Millisecond, uint16(80), "::1", "/a/b", "/a=>/b", []int{1, 2}, "default", 7, 2 * time.Second, "routers[0].identifier", "f:6:5"}
		have := []any{d.Text("text", ""), d.Texts("texts"), d.Bool("yes", false), d.Int("int", 0, -5, 5), d.Float("float", 0, 0, 1e6), d.Duration("ms", 0, time.Millisecond),
			d.Port("port", 1, 1), d.IP("ip", netip.Addr{}).String(), d.Name("name", resolve.Path{}).String(), d.Dtab("dtab").String(), n,
			d.Text("none", "default"), d.Int("absent", 7, 0, 9), d.Duration("absent", 2*time.Second, time.Second), d.Path(), d.Position().String()}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Error(diff)
		}
		return nil
	})
	if got != nil {
		t.Error(got)
	}
}

func TestDecoderReports(t *testing.T) {
	cause := errors.New("the moon is full")
	got, _ := read(t, "    old: 1\n    texts: [a, [b]]\n    group: 3\n    extra: 1\n    bad: x\n", func(d *config.Decoder) error {
		d.Unsupported("use new", "old", "older")
		d.Texts("texts")
		if group, ok := d.Group("group"); ok {
			group.Need("key") // nothing can be said about it
			group.Int("n", 0, 1, 2)
			group.Errorf("n", "is wrong")
			group.Noticef("", "is odd")
			group.Done()
		}
		d.Need("needed")
		d.Errorf("bad", "is %d times wrong", 2)
		d.Errorf("", "is wrong as a whole")
		return cause
	})
	expectLines(t, []string{
		"6:5: routers[0].identifier.needed: is required",
		"6:5: routers[0].identifier: is wrong as a whole",
		"6:11: routers[0].identifier: the moon is full",
		"7:5: routers[0].identifier.old: is not supported: use new",
		"8:16: routers[0].identifier.texts[1]: must be a single value, not a list",
		`9:12: routers[0].identifier.group: must be a group of keys, not "3"`,
		"10:5: routers[0].identifier.extra: unknown key; known here: bad, group, kind, needed, old, older, texts",
		"11:10: routers[0].identifier.bad: is 2 times wrong",
	}, got...)

	got, file := read(t, "", func(d *config.Decoder) error {
		d.Noticef("kind", "is a test")
		return nil
	})
	if got != nil || len(file.Notices) != 1 || file.Notices[0].String() != "f:6:11: routers[0].identifier.kind: is a test" {
		t.Errorf("got %q, notices %v", got, file.Notices)
	}
}

// TestBuiltinIsFresh checks that callers do not share a table.
func TestBuiltinIsFresh(t *testing.T) {
	mine := config.Builtin()
	delete(mine.Balancers, "p2c")
	clear(mine.Namers)
	if yours := config.Builtin(); len(yours.Balancers) == 0 || len(yours.Namers) == 0 {
		t.Error("a table is shared")
	}
}

// closer is an identifier that wants to be closed.
type closer struct {
	router.Identifier
	closed *int
}

func (c closer) Close() error { *c.closed++; return nil }

func TestPartsAreClosed(t *testing.T) {
	closed := 0
	kinds := config.Builtin()
	kinds.Identifiers["test"] = func(*config.Decoder) (config.Part[router.Identifier], error) {
		return func(config.BuildOptions) (router.Identifier, error) {
			return closer{router.HeaderToken("Host"), &closed}, nil
		}, nil
	}
	kinds.Identifiers["fails"] = func(*config.Decoder) (config.Part[router.Identifier], error) {
		return func(config.BuildOptions) (router.Identifier, error) { return nil, errors.New("no") }, nil
	}
	for _, row := range []struct {
		identifier string
		want       []string
	}{
		{"[{kind: test}, {kind: test}]", nil},
		{"[{kind: test}, {kind: fails}, {kind: test}, {kind: fails}]",
			[]string{"5:30: routers[0].identifier[1]: no", "5:59: routers[0].identifier[3]: no"}},
	} {
		closed = 0
		file, err := config.Load("f", []byte(valid+"  identifier: "+row.identifier), kinds)
		if err != nil {
			t.Fatal(err)
		}
		mesh, err := file.Build(config.BuildOptions{})
		expectLines(t, row.want, lines(err)...)
		if err == nil {
			if err := mesh.Close(within(t, time.Second)); err != nil {
				t.Error(err)
			}
		}
		if closed != 2 {
			t.Errorf("%d parts were closed, want 2", closed)
		}
	}
}
