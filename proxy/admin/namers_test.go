package admin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// listed is a namer that tells what a test says.
type listed struct {
	resolve.Namer // nil: nobody looks a name up
	names         []string
	err           error
	state         any
}

func (l listed) Names() ([]resolve.Path, error) {
	var all []resolve.Path
	for _, name := range l.names {
		all = append(all, resolve.MustPath(name))
	}
	return all, l.err
}

func (l listed) State() any { return l.state }

func mount(prefix string, namer resolve.Namer) resolve.Mount {
	return resolve.Mount{Prefix: resolve.MustPath(prefix), Namer: namer}
}

func TestBoundNames(t *testing.T) {
	for _, row := range []struct {
		name   string
		namers []resolve.Mount
		status int
		want   string
	}{
		{"no namers", nil, 200, `[""]`},
		{"none that can tell", []resolve.Mount{mount("/#/x", new(resolvetest.Namer))}, 200, `[""]`},
		{"no names", []resolve.Mount{mount("/#/x", listed{})}, 200, `[""]`},
		{"one", []resolve.Mount{mount("/#/io.l5d.fs", listed{names: []string{"/hello"}})}, 200, `["/#/io.l5d.fs/hello"]`},
		{"several, sorted, each once", []resolve.Mount{mount("/#/b", listed{names: []string{"/y", "/x"}}), mount("/#/a/b", listed{names: []string{"/z"}}), mount("/#/b", listed{names: []string{"/x"}})},
			200, `["/#/a/b/z","/#/b/x","/#/b/y"]`},
		{"a name with escapes", []resolve.Mount{mount("/#/b", listed{names: []string{`/\x61\x5b`}})}, 200, `["/#/b/\\x61\\x5b"]`},
		{"a failure", []resolve.Mount{mount("/#/b", listed{err: errors.New("broken")})}, 500, "/#/b: broken"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRouter(t, "r", new(resolvetest.Namer))
			s := serve(t, admin.Config{Routers: []*router.Router{r}, Namers: row.namers})
			if got := s.get(t, "/bound-names.json"); got.status != row.status || got.body != row.want {
				t.Errorf("%d %s, want %d %s", got.status, got.body, row.status, row.want)
			}
		})
	}
}

func TestNamerState(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hello"), []byte("127.1 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	files, err := fs.New(fs.Config{RootDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	r := newRouter(t, "r", new(resolvetest.Namer))
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Namers: []resolve.Mount{
		mount("/#/io.l5d.fs", files),
		mount("/#/a/b", listed{state: "first"}),
		mount("/#/a/b", listed{state: "second"}),
		mount("/#/odd", listed{state: make(chan int)}),
		mount("/short", listed{state: 1}),
		mount("/#/silent", new(resolvetest.Namer)),
	}})
	for path, want := range map[string]string{"a/b": `"second"`, "short": "1"} {
		if got := s.get(t, "/namer_state/"+path+".json"); got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: %d %s, want %s", path, got.status, got.body, want)
		}
	}
	for path, want := range map[string]int{"silent": 404, "odd": 500} {
		if got := s.get(t, "/namer_state/"+path+".json"); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
	var state struct {
		State struct{ Value map[string]string }
	}
	if err := json.Unmarshal([]byte(s.get(t, "/namer_state/io.l5d.fs.json").body), &state); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"hello": "127.1 1\n"}, state.State.Value); diff != "" {
		t.Error(diff)
	}
	if got, want := s.get(t, "/bound-names.json").body, `["/#/io.l5d.fs/hello"]`; got != want {
		t.Errorf("names %s, want %s", got, want)
	}
}
