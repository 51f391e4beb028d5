package fs_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// dtabView is what an observer of a dtab file sees.
type dtabView struct {
	*fs.DtabFile
	t       testing.TB
	changed chan string

	mu   sync.Mutex
	told []string // to the error log
}

func watchDtab(t testing.TB, file string) *dtabView {
	t.Helper()
	v := &dtabView{t: t, changed: make(chan string, 100)}
	var err error
	v.DtabFile, err = fs.NewDtab(fs.DtabConfig{File: file, Refresh: time.Hour, ErrorLog: logtest.ErrorsTo(func(err error) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.told = append(v.told, err.Error())
	})})
	if err != nil {
		t.Fatal(err)
	}
	stop := v.Dtab().Observe(func(s resolve.State[resolve.Dtab]) {
		switch s.Status {
		case resolve.OK:
			v.changed <- s.Value.String()
		case resolve.Failed:
			v.changed <- s.Err.Error()
		}
	})
	t.Cleanup(func() {
		stop()
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// await waits until the dtab has become want, or failed so.
func (v *dtabView) await(want string) {
	v.t.Helper()
	late := time.After(10 * time.Second)
	for got := ""; ; {
		select {
		case got = <-v.changed:
			if got == want {
				return
			}
		case <-late:
			v.t.Fatalf("it is %q, want %q", got, want)
		}
	}
}

func TestDtabFile(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.write("dtab", "/svc => /a;")
	file := d.in("dtab")
	v := watchDtab(t, file)
	v.await("/svc=>/a")
	d.write("dtab", "# a comment\n/svc => /b ;\n/svc/x => /c | /d;\n") // in place
	v.await("/svc=>/b;/svc/x=>/c | /d")
	d.write("new", "/svc => /e")
	d.rename("new", "dtab")
	v.await("/svc=>/e")
	d.write("dtab", "/svc => /a;\n  /svc & /b;\n")
	broken := "fs: dtab file " + file + ":2:8: '=' expected but '&' found at '  /svc [&] /b;'"
	v.await(broken)
	d.write("dtab", "/svc => /f")
	v.await("/svc=>/f")
	d.remove("dtab")
	missing := "fs: dtab file: open " + file + ": no such file or directory"
	v.await(missing)
	d.write("dtab", "")
	v.await("")
	d.write("dtab", strings.Repeat("#", 500<<10+1))
	big := "fs: read dtab file " + file + ": the file has 512001 bytes; the limit is 512000"
	v.await(big)
	d.remove("dtab")
	d.mkdir("dtab")
	v.await("fs: read dtab file " + file + ": invalid argument")
	d.remove("dtab")
	v.await(missing)
	d.do(mkfifo(file))
	v.await("fs: read dtab file " + file + ": invalid argument")
	d.remove("dtab")
	v.await(missing)
	d.write("dtab", "/svc => /g")
	v.await("/svc=>/g")

	v.mu.Lock()
	defer v.mu.Unlock()
	if diff := cmp.Diff([]string{broken, missing, big}, v.told[:3]); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// The file is the configuration's own: links may lead anywhere.
func TestDtabFileBehindLinks(t *testing.T) {
	d, elsewhere := newDir(t, fs.Config{}), newDir(t, fs.Config{})
	for _, v := range []string{"1", "2"} {
		elsewhere.mkdir("..v" + v)
		elsewhere.write("..v"+v+"/dtab", "/svc => /"+v)
	}
	elsewhere.link("..v1", "..data")
	elsewhere.link("..data/dtab", "dtab")
	d.link(elsewhere.in("dtab"), "dtab")
	v := watchDtab(t, d.in("dtab"))
	v.await("/svc=>/1")
	elsewhere.link("..v2", "..tmp")
	elsewhere.rename("..tmp", "..data")
	v.await("/svc=>/2")
	elsewhere.write("..v2/dtab", "/svc => /3")
	v.await("/svc=>/3")
	d.write("new", "/svc => /4")
	d.rename("new", "dtab")
	v.await("/svc=>/4")
}

// Its directory may go and come back.
func TestDtabFileInANewDirectory(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.mkdir("etc")
	d.write("etc/dtab", "/svc => /1")
	v := watchDtab(t, d.in("etc/dtab"))
	v.await("/svc=>/1")
	d.remove("etc")
	v.await("fs: dtab file: open " + d.in("etc/dtab") + ": no such file or directory")
	d.mkdir("etc")
	d.write("etc/dtab", "/svc => /2")
	v.await("/svc=>/2")
}

func TestNewDtabRefuses(t *testing.T) {
	dir := t.TempDir()
	for what, c := range map[string]fs.DtabConfig{
		"nothing":            {},
		"a directory":        {File: dir},
		"a missing file":     {File: filepath.Join(dir, "missing")},
		"a negative Refresh": {File: os.Args[0], Refresh: -1},
	} {
		if f, err := fs.NewDtab(c); err == nil {
			t.Errorf("%s was taken", what)
			_ = f.Close()
		}
	}
}

func TestCloseDtab(t *testing.T) {
	d := newDir(t, fs.Config{})
	d.write("dtab", "/svc => /1")
	v := watchDtab(t, d.in("dtab"))
	v.await("/svc=>/1")
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if s := v.Dtab().Sample(); s.Value.String() != "/svc=>/1" {
		t.Errorf("who observes it sees %v, %v", s.Value, s.Err)
	}
}
