package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemoHasALog: the level of the demo's log is there, and can be changed.
func TestDemoHasALog(t *testing.T) {
	p := startDemo(t)
	admin := "http://" + p.addr("admin")
	if _, levels := get(t, "", admin+"/logging.json", nil); strings.TrimSpace(levels) != `[{"logger":"root","level":"WARNING"}]` {
		t.Errorf("the levels are %s", levels)
	}
}

// TestPageOfNames: the dashboard says what check finds in the file that runs, and where a
// request can be sent again although the file says port 0.
func TestPageOfNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "linkerd.yaml")
	text := "admin: {ip: 127.0.0.1, port: 0}\nrouters:\n- protocol: http\n  dtab: /svc => /#/io.l5d.file ;\n  servers: [{ip: 127.0.0.1, port: 0}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, file)
	admin, outgoing := "http://"+p.addr("admin"), p.addr("router http")
	var page struct {
		Tables struct {
			Findings []struct{ Where, Kind string }
		}
	}
	_, body := get(t, "", admin+"/names?format=json", nil)
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatal(err)
	}
	if found := page.Tables.Findings; len(found) == 0 || found[0].Kind != "no-namer" || !strings.HasSuffix(found[0].Where, "linkerd.yaml:4:17: routers[0].dtab") {
		t.Errorf("%+v in %s", found, body)
	}
	get(t, outgoing, "http://web/", nil)
	waitFor(t, "the request", func() bool {
		_, body := get(t, "", admin+"/requests?id=1", nil)
		return strings.Contains(body, "http://"+outgoing+"/")
	})
}
