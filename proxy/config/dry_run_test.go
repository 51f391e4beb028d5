package config_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestDryRun: the key puts dry runs before a server's handler, and its hops are ids.
func TestDryRun(t *testing.T) {
	const dtab = "routers: [{protocol: http, dtab: /svc => /$/inet/127.0.0.1/1, servers: [{port: 0"
	for _, row := range []struct {
		key    string
		status int    // of a dry run
		err    string // of the file
	}{
		{"", http.StatusNotImplemented, ""},
		{", dryRun: {}", http.StatusOK, ""},
		{", dryRun: {hops: [/%/io.l5d.port/4141, /#/io.l5d.fs, /$/inet]}", http.StatusOK, ""},
		{", dryRun: {hops: [/svc]}", 0, `"/svc" is not the beginning of an id`},
		{", dryRun: {hops: [x]}", 0, `"x" is not the beginning of an id`},
		{", dryRun: {hops: /#/x}", 0, "must be a list"},
		{", dryRun: true", 0, "must be a group of keys"},
		{", dryRun: {}, clearContext: true", 0, "cannot be used with clearContext"},
	} {
		file, err := config.Load("f", []byte(dtab+row.key+"}]}]\n"), config.Builtin())
		if row.err != "" {
			if err == nil || !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: %v, want %s", row.key, err, row.err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		mesh, err := file.Build(config.BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "http://web/", strings.NewReader("x"))
		r.Header.Set("l5d-explain", "dry-run")
		w := httptest.NewRecorder()
		mesh.Servers[0].Front.ServeHTTP(w, r)
		if w.Code != row.status {
			t.Errorf("%s: %d %s", row.key, w.Code, w.Body)
		}
		if err := mesh.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
