package fs_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// Who may send requests may name any file in the directory, and learns nothing
// of one that is no list of addresses but that.
func TestStrangersLearnNothing(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.mkdir(".git")
	d.mkdir("sub")
	for _, hidden := range []string{".env", ".git/config", "sub/.env", "...", "..2024", ".web.swp"} {
		d.write(hidden, "127.1 80")
		look(t, d, "/"+hidden).await("Neg", "*")
	}
	if names, err := d.Names(); err != nil || len(names) > 0 {
		t.Errorf("%v, %v", names, err)
	}
	d.write("env", "127.1 80\n# DB\nDB_PASSWORD=hunter2 hunter2 hunter2\n")
	look(t, d, "/env").await("/env /", "malformed address: line 3 is not an address")
	d.write("binary", "\x7fELF hunter2")
	look(t, d, "/binary").await("/binary /", "malformed address: line 1 is not an address")

	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fs"), Namer: d.Namer}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/#/fs/env", "/#/fs/binary"} {
		explained, err := in.Delegate(t.Context(), nil, resolve.MustPath(name))
		var text strings.Builder
		if err != nil || explained.Text(&text) != nil || !strings.Contains(text.String(), "is not an address") {
			t.Errorf("%v: %s", err, text.String())
		}
		if strings.Contains(text.String(), "hunter2") {
			t.Errorf("it shows the file: %s", text.String())
		}
	}
}
