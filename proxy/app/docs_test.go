package app

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// docs runs the command and returns its status and what it printed.
func docs(t testing.TB, args ...string) (status int, out, err string) {
	t.Helper()
	var printed, failed output
	status = mainWith(t.Context(), nil, &printed, &failed, append([]string{"docs"}, args...)...)
	return status, printed.String(), failed.String()
}

func TestDocs(t *testing.T) {
	if status, out, _ := docs(t); status != 0 || !strings.Contains(out, "\nservers[]\n=========\n") || len(out) < 20_000 {
		t.Errorf("%d, %d bytes", status, len(out))
	}
	if status, out, _ := docs(t, "zipkin-telemeter"); status != 0 || !strings.HasPrefix(out, "telemetry[]\n===========\nkind: io.l5d.zipkin\n") {
		t.Errorf("%d %s", status, out)
	}
	if status, _, err := docs(t, "nothing"); status != 1 || !strings.Contains(err, `called "nothing"`) {
		t.Errorf("%d %s", status, err)
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	if status, _, err := docs(t, "-o", dir); status != 0 {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil || !strings.Contains(string(page), `<h3 id="zipkin-telemeter">`) || !strings.HasSuffix(string(page), "</html>\n") {
		t.Errorf("%v, %d bytes", err, len(page))
	}
	if status, _, err := docs(t, "-o", dir, "servers[]"); status != 1 || !strings.Contains(err, "servers[]") {
		t.Errorf("%d %s", status, err)
	}
}

// TestDocsOfAllKinds: each kind of the program is there, and those that come with it are
// described.
func TestDocsOfAllKinds(t *testing.T) {
	kinds := config.Builtin()
	kinds.Namers["org.example.own"] = kinds.Namers["io.l5d.fs"]
	reference, err := referenceOf(kinds)
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, s := range reference.Sections {
		for _, k := range s.Kinds {
			if !strings.Contains(k.About, "of this program's own") {
				continue
			}
			if own++; k.Name != "org.example.own" || s.Title != "namers[]" || k.Anchor != "namers-org-example-own" {
				t.Errorf("%s: %s is not described", s.Title, k.Name)
			}
		}
	}
	if own != 1 {
		t.Errorf("%d kinds of the program's own", own)
	}
}

// TestDocsPage: the admin server has it.
func TestDocsPage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "linkerd.yaml")
	if err := os.WriteFile(file, []byte("admin: {port: 0}\nrouters: [{protocol: http, servers: [{port: 0}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", file)
	resp, err := http.Get("http://" + p.addr("admin") + "/docs")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), `id="zipkin-telemeter"`) ||
		!strings.Contains(string(body), `<a href="./">Dashboard</a>`) {
		t.Errorf("%d, %v", resp.StatusCode, err)
	}
	http.DefaultClient.CloseIdleConnections()
}
