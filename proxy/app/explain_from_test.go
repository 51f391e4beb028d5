package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/explain"
)

var ages = regexp.MustCompile(`, as of (now|\S+ ago)`)

// runningScene runs the mesh of the transcripts, on free ports.
func runningScene(t *testing.T) *running {
	t.Helper()
	explainScene(t)
	mesh, err := os.ReadFile("mesh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := "admin:\n  port: 0\n" + regexp.MustCompile(`- port: \d+`).ReplaceAllString(string(mesh), "- port: 0")
	if err := os.WriteFile("running.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, "run", "running.yaml")
}

// TestExplainFrom: a running hop tells the same as its file, and more.
func TestExplainFrom(t *testing.T) {
	p := runningScene(t)
	from := "http://" + p.addr("admin") + "/"
	for _, args := range [][]string{
		{"/svc/web"}, {"http://canary/"}, {"/svc/leaky"}, {"/svc/broken"}, {"/svc/circle"}, {"http://web/", "-H", "l5d-dtab: nope"},
		{"http://any/local/v1/x", "-router", "incoming"}, {"http://web/", "-H", "l5d-name: /split", "-X", "PUT"},
	} {
		status, file, stderr := runToEnd(t, "", append([]string{"explain", "running.yaml"}, args...)...)
		liveStatus, live, liveErr := runToEnd(t, "", append([]string{"explain", "-from", from}, args...)...)
		if stderr+liveErr != "" {
			t.Fatalf("%v: %s%s", args, stderr, liveErr)
		}
		live = ages.ReplaceAllString(live, "")
		live = strings.NewReplacer(" (running)", "", " (the router does not have this name in its cache)", "").Replace(live)
		if diff := cmp.Diff(file, live); diff != "" || status != liveStatus {
			t.Errorf("%v: status %d of the file, %d of the hop; (-file +hop):\n%s", args, status, liveStatus, diff)
		}
	}

	// A request, of which nothing comes, and the name is in the cache.
	resp, _ := get(t, p.addr("router outgoing"), "http://empty/", nil)
	if resp.StatusCode != http.StatusBadGateway {
		t.Fatalf("answered %s", resp.Status)
	}
	status, out, _ := runToEnd(t, "", "explain", "-from", p.addr("admin"), "http://empty/", "-json")
	var report explain.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if !report.Live || !report.Cached || status != 1 || report.Lookup == nil || len(report.Targets) != 1 || report.Targets[0].Client == nil {
		t.Errorf("status %d:\n%s", status, out)
	}
	if node := report.Lookup.Branches[0].Branches[0]; len(node.Answers) != 1 || node.Answers[0].AgeMs == nil {
		t.Errorf("no age of the namer's answer in\n%s", out)
	}
	if want := "Unable to route request!\n\nservice name: /svc/empty\n"; report.Refusal == nil || report.Refusal.Status != 502 || !strings.HasPrefix(report.Refusal.Message, want) {
		t.Errorf("refusal %+v", report.Refusal)
	}
}

// TestExplainJSON: the report of a file.
func TestExplainJSON(t *testing.T) {
	explainScene(t)
	status, out, stderr := runToEnd(t, "", "explain", "-json", "mesh.yaml", "http://web/x", "-H", "l5d-dtab: /svc/web => /srv/weighted")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	want := `{
  "router": "outgoing",
  "server": "127.0.0.1/4140",
  "live": false,
  "request": {"method": "GET", "target": "/x", "version": "HTTP/1.1", "host": "web"},
  "dtab": [
    {"text": "/srv => /#/io.l5d.fs", "from": "base", "number": 1, "place": "mesh.yaml:13:5"},
    {"text": "/svc => /srv", "from": "base", "number": 2, "place": "mesh.yaml:14:5"},
    {"text": "/svc/canary => /srv/canary-v9 | /srv/web", "from": "base", "number": 3, "place": "mesh.yaml:15:5"},
    {"text": "/svc/split => 9*/srv/web & /srv/weighted & 5*/srv/nothing", "from": "base", "number": 4, "place": "mesh.yaml:16:5"},
    {"text": "/svc/leaky => 9*/srv/web & /srv/empty", "from": "base", "number": 5, "place": "mesh.yaml:17:5"},
    {"text": "/svc/stop => ! | /srv/web", "from": "base", "number": 6, "place": "mesh.yaml:18:5"},
    {"text": "/svc/circle => /svc/circle2", "from": "base", "number": 7, "place": "mesh.yaml:19:5"},
    {"text": "/svc/circle2 => /svc/circle", "from": "base", "number": 8, "place": "mesh.yaml:20:5"},
    {"text": "/svc/grow => /svc/grow/x", "from": "base", "number": 9, "place": "mesh.yaml:21:5"},
    {"text": "/svc/web => /srv/weighted", "from": "request", "number": 1}
  ],
  "identified": [
    {"identifier": "io.l5d.header l5d-name", "reason": "l5d-name header is absent", "declined": true},
    {"identifier": "io.l5d.header.token Host", "name": "/web"}
  ],
  "name": "/svc/web",
  "lookup": {"kind": "name", "name": "/svc/web", "result": "replicas", "branches": [
    {"kind": "name", "name": "/srv/weighted", "rule": {"text": "/svc/web => /srv/weighted", "from": "request", "number": 1}, "fate": "taken", "result": "replicas", "branches": [
      {"kind": "name", "name": "/#/io.l5d.fs/weighted", "rule": {"text": "/srv => /#/io.l5d.fs", "from": "base", "number": 1, "place": "mesh.yaml:13:5"}, "result": "replicas",
        "answers": [{"namer": "/#/io.l5d.fs", "said": "replicas"}],
        "branches": [{"kind": "replicas", "result": "replicas", "replicas": {"id": "/#/io.l5d.fs/weighted", "state": "ok", "addresses": [
          {"address": "10.0.1.1:8080", "weight": 1}, {"address": "10.0.1.2:8080", "weight": 3}]}}]}]},
    {"kind": "name", "name": "/srv/web", "rule": {"text": "/svc => /srv", "from": "base", "number": 2, "place": "mesh.yaml:14:5"}, "fate": "not reached", "result": "replicas", "branches": [
      {"kind": "name", "name": "/#/io.l5d.fs/web", "rule": {"text": "/srv => /#/io.l5d.fs", "from": "base", "number": 1, "place": "mesh.yaml:13:5"}, "result": "replicas",
        "answers": [{"namer": "/#/io.l5d.fs", "said": "replicas"}],
        "branches": [{"kind": "replicas", "result": "replicas", "replicas": {"id": "/#/io.l5d.fs/web", "state": "ok", "addresses": [
          {"address": "10.0.0.1:8080", "weight": 1}, {"address": "10.0.0.2:8080", "weight": 1}]}}]}]}
  ]},
  "cached": false,
  "targets": [{"share": 1, "replicas": {"id": "/#/io.l5d.fs/weighted", "state": "ok", "addresses": [
    {"address": "10.0.1.1:8080", "weight": 1, "share": 0.25}, {"address": "10.0.1.2:8080", "weight": 3, "share": 0.75}]}}],
  "sent": 1
}`
	var got, wanted any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(out, `\u003e`) {
		t.Error("the JSON is escaped as for HTML")
	}
}

// TestExplainFromElsewhere: what is no hop's admin server.
func TestExplainFromElsewhere(t *testing.T) {
	answers := map[string]struct {
		status int
		body   string
	}{
		"missing": {404, "not here"}, "html": {200, "<html>"}, "refusing": {400, "there is no router x\n"}, "long": {413, "too long"},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		w.WriteHeader(answers[name].status)
		w.Write([]byte(answers[name].body))
	}))
	defer s.Close()
	t.Setenv("http_proxy", "http://127.0.0.1:1") // which must not be asked
	for name, want := range map[string]struct {
		status int
		err    string
	}{
		"missing":  {1, "/missing/explain.json is 404 Not Found: is that a hop's admin server?\n"},
		"html":     {1, "/html/explain.json is no report: "},
		"refusing": {2, "meshhop explain: there is no router x\n"},
		"long":     {1, " is 413 Request Entity Too Large"},
	} {
		status, out, stderr := runToEnd(t, "", "explain", "-from", s.URL+"/"+name, "/svc/x")
		if status != want.status || !strings.Contains(stderr, want.err) || out != "" {
			t.Errorf("%s: status %d, %q, %q", name, status, out, stderr)
		}
	}
	s.Close()
	for _, from := range []string{s.URL, "http://%zz", "nowhere.invalid:-1"} {
		if status, _, stderr := runToEnd(t, "", "explain", "-from", from, "/svc/x"); status != 1 || !strings.Contains(stderr, "-from: ") {
			t.Errorf("%s: status %d, %q", from, status, stderr)
		}
	}
}
