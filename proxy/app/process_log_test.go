//go:build unix

package app

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// messages are those of lines of JSON, and the lines.
func messages(t *testing.T, text string) (all []string, lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%v: %q", err, line)
		}
		message, _ := fields["msg"].(string)
		all, lines = append(all, message), append(lines, fields)
	}
	return all, lines
}

// TestProcessLogJSON: what happens to the process is lines of JSON, and nothing else is
// printed. The admin server changes the level while it runs.
func TestProcessLogJSON(t *testing.T) {
	file := write(t, "admin: {port: 0}\nusage: {enabled: false}\nrouters: [{protocol: http, servers: [{port: 0}]}]\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, log, status := new(output), new(output), make(chan int, 1)
	go func() {
		status <- mainWith(ctx, strings.NewReader(""), out, log, "run", "-log-format", "json", "-log-level=debug", file)
	}()
	said := func(message string, times int) bool {
		all, _ := messages(t, log.String())
		return len(slices.DeleteFunc(all, func(one string) bool { return one != message })) == times
	}
	waitFor(t, "the start", func() bool { return said("ready", 1) })
	before, lines := messages(t, log.String())
	if want := []string{"starting", "of the configuration", "listening", "listening", "ready"}; !slices.Equal(before, want) {
		t.Fatalf("%q, want %q", before, want)
	}
	if notice, _ := lines[1]["text"].(string); !strings.HasPrefix(notice, file+":2:") || lines[1]["level"] != "WARN" {
		t.Errorf("the notice is %v", lines[1])
	}
	admin, _ := lines[3]["address"].(string)
	if lines[2]["for"] != "router http" || lines[3]["for"] != "admin" || admin == "" {
		t.Fatalf("%v", lines[2:4])
	}
	level := func(to string) {
		t.Helper()
		resp, err := http.PostForm("http://"+admin+"/logging.json", url.Values{"logger": {"root"}, "level": {to}})
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != 200 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	reload := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	reload()
	waitFor(t, "the reload", func() bool { return said("configuration taken", 1) })
	level("error")
	reload()
	waitFor(t, "the reload", func() bool {
		_, page := get(t, "", "http://"+admin+"/admin/reload", nil)
		return strings.Contains(page, "2 taken")
	})
	if !said("configuration taken", 1) {
		t.Error("the level error lets INFO through")
	}
	if err := os.WriteFile(file, []byte("nonsense: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	reload()
	waitFor(t, "the refusal", func() bool { return said("configuration refused: the one before stays", 1) })
	level("info")
	cancel()
	if got := <-status; got != 0 {
		t.Errorf("status %d", got)
	}
	all, _ := messages(t, log.String())
	if want := []string{"stopping", "draining", "ended"}; !slices.Equal(all[len(all)-3:], want) {
		t.Errorf("at the end %q, want %q", all, want)
	}
	if got := out.String(); got != "" {
		t.Errorf("printed: %q", got)
	}
}

// TestProcessLogText: Linkerd's flag works, also where the program is called as Linkerd
// is. The addresses are printed as ever.
func TestProcessLogText(t *testing.T) {
	file := write(t, "admin: {port: 0}\nrouters: [{protocol: http, servers: [{port: 0}]}]\n")
	p := start(t, "-log.level=WARNING", file)
	if _, page := get(t, "", "http://"+p.addr("admin")+"/logging.json", nil); page != `[{"logger":"root","level":"WARNING"}]`+"\n" {
		t.Errorf("%s", page)
	}
	p.stop()
	if got := p.err.String(); got != "" {
		t.Errorf("logged: %s", got)
	}
	p = start(t, "run", file)
	p.stop()
	for _, want := range []string{"msg=starting", "msg=listening for=admin", "msg=ready", "msg=draining", "msg=ended"} {
		if !strings.Contains(p.err.String(), "level=INFO "+want) {
			t.Errorf("no %q in\n%s", want, p.err)
		}
	}
	for _, flag := range []string{"-log-level=loud", "-log.level=", "-log-format=xml"} {
		out, err := new(output), new(output)
		if status := mainWith(t.Context(), strings.NewReader(""), out, err, "run", flag, file); status != 2 || !strings.Contains(err.String(), "must be") {
			t.Errorf("%s: status %d: %s", flag, status, err)
		}
	}
}

// TestAccessLogReopens: SIGHUP opens access logs again, also if the configuration is
// wrong by now.
func TestAccessLogReopens(t *testing.T) {
	one := startReplica(t, "one")
	path := filepath.Join(t.TempDir(), "logs", "access.log")
	yaml := strings.Replace(hopTo(one, 0, 0), "protocol: http", "protocol: http\n  httpAccessLog: "+path, 1)
	p := startReloading(t, yaml)
	ask := func() {
		t.Helper()
		if _, body := get(t, "", "http://"+p.addr("router http")+"/a?b", nil); body != "one" {
			t.Errorf("got %q", body)
		}
	}
	has := func(name string, lines int) {
		t.Helper()
		waitFor(t, name, func() bool {
			data, err := os.ReadFile(name)
			return err == nil && strings.Count(string(data), `"GET /a?b HTTP/1.1" 200 3 "-" "Go-http-client/1.1"`+"\n") == lines
		})
	}
	ask()
	has(path, 1)
	for i, row := range []struct {
		yaml  string
		taken bool
	}{{yaml, true}, {"nonsense: 1", false}} {
		moved := path + string(rune('1'+i))
		if err := os.Rename(path, moved); err != nil {
			t.Fatal(err)
		}
		p.change(row.yaml, row.taken)
		has(moved, 1)
		has(path, 0)
		ask()
		has(path, 1)
	}
	if _, page := get(t, "", "http://"+p.addr("admin")+"/metrics", nil); !strings.Contains(page, `meshhop_access_log_lines_total{file="`+path+`"} 3`) {
		t.Error("the metrics do not count three lines")
	}
}
