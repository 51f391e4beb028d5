package config_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// loggingMesh builds a file of two routers: of what a client asks for as "web" the first
// fails with 500 once, and then responds.
func loggingMesh(t *testing.T, routers string, before *config.Mesh) *config.Mesh {
	t.Helper()
	f, err := config.Load("test.yaml", []byte(routers), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Notices) > 0 {
		t.Errorf("notices: %v", f.Notices)
	}
	mesh, err := f.Build(config.BuildOptions{Before: before})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeMesh(t, mesh) })
	return mesh
}

func closeMesh(t *testing.T, mesh *config.Mesh) {
	t.Helper()
	if err := mesh.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func get(mesh *config.Mesh, server int, host string) int {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/a", nil)
	r.Host = host
	mesh.Servers[server].Handler.ServeHTTP(w, r)
	return w.Code
}

func linesOf(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// TestAccessLog (vectors 364, 365, 366): each router has its own file. For attempts there
// is a line for each response, and none for what leads nowhere; for requests there is one
// line for each, with the reason of a failure.
func TestAccessLog(t *testing.T) {
	failed := false
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !failed {
			failed = true
			w.WriteHeader(500)
		}
		io.WriteString(w, "hello")
	}))
	defer backend.Close()
	dir := t.TempDir()
	attempts, requests := filepath.Join(dir, "logs", "attempts.log"), filepath.Join(dir, "requests.log")
	inet := "/$/inet/" + strings.ReplaceAll(backend.Listener.Addr().String(), ":", "/")
	mesh := loggingMesh(t, `
routers:
- protocol: http
  label: a
  dtab: /svc/web => `+inet+`
  httpAccessLog: `+attempts+`
  service: {responseClassifier: {kind: io.l5d.http.retryableRead5XX}}
  servers: [{port: 0}]
- protocol: http
  label: b
  dtab: /svc/web => `+inet+`
  httpAccessLog: `+requests+`
  accessLogFormat: json
  accessLogScope: request
  servers: [{port: 0}]
`, nil)
	for _, want := range []struct {
		server int
		host   string
		status int
	}{{0, "web", 200}, {0, "nowhere", 502}, {1, "web", 200}, {1, "nowhere", 502}} {
		if got := get(mesh, want.server, want.host); got != want.status {
			t.Errorf("server %d: %s: status %d", want.server, want.host, got)
		}
	}
	closeMesh(t, mesh)
	if got := linesOf(t, attempts); len(got) != 2 || !strings.HasPrefix(got[0], "web 192.0.2.1 - - [") || !strings.Contains(got[0], `"GET /a HTTP/1.1" 500 5 `) || !strings.Contains(got[1], " 200 5 ") {
		t.Errorf("of attempts: %q", got)
	}
	got := linesOf(t, requests)
	if len(got) != 2 || !strings.Contains(got[0], `"router":"b"`) || !strings.Contains(got[0], `"status":200`) || strings.Contains(got[0], "l5d_err") ||
		!strings.Contains(got[1], `"status":502`) || !strings.Contains(got[1], `"l5d_err":"Unable to route request!`) {
		t.Errorf("of requests: %q", got)
	}
	if written, dropped := mesh.AccessLogs[requests](); written != 2 || dropped != 0 {
		t.Errorf("%d written, %d dropped", written, dropped)
	}
}

// TestAccessLogGoesOn: the mesh of a reload goes on with the files of the one before, in
// which requests still end. A file that another program renamed is opened again.
func TestAccessLogGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	text := "routers: [{protocol: http, httpAccessLog: " + path + ", accessLogScope: request, accessLogFormat: combined, httpAccessLogAppend: false, servers: [{port: 0}]}]"
	first := loggingMesh(t, text, nil)
	get(first, 0, "one")
	waitUntil(t, func() bool { return len(linesOf(t, path)) == 1 && linesOf(t, path)[0] != "" }) // the second mesh does not drop it
	second := loggingMesh(t, text, first)
	get(second, 0, "two")
	get(first, 0, "three")
	closeMesh(t, first)
	get(second, 0, "four")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	second.ReopenAccessLogs()
	waitUntil(t, func() bool { _, err := os.Stat(path); return err == nil })
	get(second, 0, "five")
	closeMesh(t, second)
	if got := linesOf(t, path+".1"); len(got) != 4 {
		t.Errorf("before it was renamed: %q", got)
	}
	if got := linesOf(t, path); len(got) != 1 {
		t.Errorf("after it was renamed: %q", got)
	}
}

// TestAccessLogErrors: routers that disagree about a file are an error of the file, and
// one that cannot be opened is an error of Build, with its place. A check opens nothing.
func TestAccessLogErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.log")
	text := `routers:
- {protocol: http, label: a, httpAccessLog: ` + path + `, servers: [{port: 0}]}
- {protocol: http, label: b, httpAccessLog: ` + path + `, servers: [{port: 0}], httpAccessLogRollPolicy: daily}
`
	_, err := config.Load("test.yaml", []byte(text), config.Builtin())
	if want := "test.yaml:3:45: routers[1].httpAccessLog: the file is also that of routers[0].httpAccessLog in line 2, which rolls or opens it in another way"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	text = strings.Replace(text, ", httpAccessLogRollPolicy: daily", "", 1)
	if found := config.Check(t.Context(), "test.yaml", []byte(text), config.Builtin(), &config.BuildOptions{}); len(found) > 0 {
		t.Errorf("%v", found)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a check leaves the file behind: %v", err)
	}
	f, err := config.Load("test.yaml", []byte(strings.ReplaceAll(text, path, dir)), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if mesh, err := f.Build(config.BuildOptions{}); err == nil {
		closeMesh(t, mesh)
		t.Error("a directory is opened as a log")
	} else if !strings.HasPrefix(err.Error(), "test.yaml:2:45: routers[0].httpAccessLog: open "+dir) {
		t.Error(err)
	}
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}
