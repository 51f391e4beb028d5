package fs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

func (d dir) names() []string {
	d.t.Helper()
	all, err := d.Names()
	d.do(err)
	var out []string
	for _, p := range all {
		out = append(out, p.String())
	}
	return out
}

func TestNames(t *testing.T) {
	d := newDir(t, fs.Config{})
	if got := d.names(); got != nil {
		t.Errorf("an empty directory has the names %q", got)
	}
	d.write("web", "127.1 1")
	d.write("no addresses", "nonsense")
	d.mkdir("a/b/empty")
	d.write("a/b/web", "127.1 1")
	d.mkdir("..2024")
	d.write("..2024/mapped", "127.1 1")
	d.link("..2024", "..data")
	d.link("..data/mapped", "mapped")
	d.link("a", "again")
	d.link("/etc/hosts", "out")
	want := []string{`/\x6e\x6f\x20\x61\x64\x64\x72\x65\x73\x73\x65\x73`, "/a/b/web", "/again/b/web", "/mapped", "/web"}
	got := d.names()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range got {
		look(t, d, name).await(name+" /", "*")
	}
	d.remove("")
	if _, err := d.Names(); err == nil || !strings.HasPrefix(err.Error(), "fs: root directory: ") {
		t.Errorf("without a directory: %v", err)
	}
}

// A link that leads into itself makes a directory endless.
func TestNamesAreBounded(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.mkdir("many")
	for i := range 20 {
		d.write(fmt.Sprintf("many/%d", i), "127.1 1")
	}
	for _, loop := range []string{"x", "y", "z"} {
		d.link("..", "many/"+loop)
	}
	if n := len(d.names()); n == 0 || n > 10_000 {
		t.Errorf("%d names", n)
	}
	if _, err := json.Marshal(d.State()); err != nil {
		t.Error(err)
	}
}

// TestListsLeaveNothingOpen: what is shown of a directory keeps no file open.
func TestListsLeaveNothingOpen(t *testing.T) {
	const files = 50
	d := newDir(t, fs.Config{})
	d.mkdir("sub")
	for i := range files {
		d.write(fmt.Sprintf("sub/%d", i), "127.1 1")
	}
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	before := open()
	_, err := json.Marshal(d.State())
	d.do(err)
	d.names()
	if after := open(); after > before+files/2 { // other tests may have opened a few
		t.Errorf("%d files are open, %d were before", after, before)
	}
}

// TestOnlyWhatIsFollowedIsWatched: a directory that a name no longer leads through is not
// watched any more.
func TestOnlyWhatIsFollowedIsWatched(t *testing.T) {
	d := newDir(t, fs.Config{Refresh: time.Hour})
	d.mkdir("old")
	d.write("old/web", "127.1 1")
	d.mkdir("new")
	d.link("old", "way")
	ops := make(chan resolve.Op, 10)
	defer d.Lookup(resolve.MustPath("/way/web")).Observe(func(s resolve.State[resolve.NameTree[resolve.Name]]) {
		if s.Status == resolve.OK {
			ops <- s.Value.Op
		}
	})()
	expect := func(op resolve.Op, watched map[string]bool) {
		t.Helper()
		if got := <-ops; got != op {
			t.Fatalf("it is %s, want %s", got, op)
		}
		for name, want := range watched {
			state := d.State().(map[string]any)[name].(map[string]any)["state"].(map[string]any)
			if state["running"] != want {
				t.Errorf("as it leads to %s, %s is watched: %v", op, name, state["running"])
			}
		}
	}
	expect(resolve.Leaf, map[string]bool{"old": true, "new": false})
	d.link("new", "tmp")
	d.rename("tmp", "way")
	expect(resolve.Neg, map[string]bool{"old": false, "new": true})
}

func TestState(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.write("web", "127.1 1\n")
	d.mkdir("a/b")
	d.write("a/dog", "127.1 2\n")
	d.write("a/big", strings.Repeat("#", 500<<10+1))
	show := func() string {
		t.Helper()
		text, err := json.MarshalIndent(d.State(), "", " ")
		d.do(err)
		return regexp.MustCompile(`"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000"`).ReplaceAllString(string(text), `"TIME"`)
	}
	const quiet = `"events": {"lastEventAt": null, "lastEventKind": null, "lastEventName": null}`
	const stopped = `"running": false, "lastStartedAt": null, "lastUpdatedAt": null`
	expect(t, show(), `{`+quiet+`, "state": {`+stopped+`, "value": {"web": "127.1 1\n"}}, "a": {
		`+quiet+`, "state": {`+stopped+`, "value": {
			"dog": "127.1 2\n", "big": "error: fs: read a/big: the file has 512001 bytes; the limit is 512000"}},
		"b": {`+quiet+`, "state": {`+stopped+`, "value": {}}}}}`)

	d.remove("a")
	v := look(t, d, "/web")
	v.await("/web /", "127.0.0.1:1*1")
	d.write("web", "127.1 3\n")
	v.await("/web /", "127.0.0.1:3*1")
	// Notice of the change comes before its effect.
	expect(t, show(), `{"events": {"lastEventAt": "TIME", "lastEventKind": "ENTRY_MODIFY", "lastEventName": "web"},
		"state": {"running": true, "lastStartedAt": "TIME", "lastUpdatedAt": "TIME", "value": {"web": "127.1 3\n"}}}`)
	d.remove("web")
	v.await("Neg", "*")
	// A look that an earlier event asked for may have seen the removal before
	// the notice of it.
	got := show()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(got, `"lastEventKind": "ENTRY_DELETE"`); got = show() {
		if time.Now().After(end) {
			t.Fatalf("after a removal it is %s", got)
		}
		time.Sleep(time.Millisecond)
	}
	d.remove("")
	if got := show(); !strings.Contains(got, "fs: root directory: ") {
		t.Errorf("without a directory it is %s", got)
	}
}

// expect compares two texts of JSON.
func expect(t *testing.T, got, want string) {
	t.Helper()
	var values [2]any
	for i, text := range []string{want, got} {
		if err := json.Unmarshal([]byte(text), &values[i]); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	if diff := cmp.Diff(values[0], values[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
