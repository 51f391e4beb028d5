package admin_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
)

// TestSecurity: a path whose kind is hidden does not exist, unless it is shown by name,
// whichever way it is spelled.
func TestSecurity(t *testing.T) {
	expressions := func(all ...string) (list []*regexp.Regexp) {
		for _, one := range all {
			list = append(list, regexp.MustCompile(one))
		}
		return list
	}
	all := admin.Security{HideUI: true, HideControl: true, HideDiagnostics: true}
	shown := func(s admin.Security, show ...string) admin.Security { s.Show = expressions(show...); return s }
	for _, row := range []struct {
		vector, name string
		security     admin.Security
		method, path string
		status       int
		body         string
	}{
		{name: "by default all", path: "/config.json", status: 200},
		{vector: "310", name: "the user interface", security: admin.Security{HideControl: true, HideDiagnostics: true}, path: "/config.json", status: 200},
		{vector: "310", name: "and nothing else", security: admin.Security{HideControl: true, HideDiagnostics: true}, path: "/admin/ping", status: 404},
		{vector: "311", name: "shown", security: shown(all, `^/prom/def/.*$`), path: "/prom/def/ghi", status: 200},
		{vector: "311", name: "not shown", security: shown(all, `^/prom/def/.*$`), path: "/prom/def", status: 404},
		{vector: "312", name: "only diagnostics are hidden", security: admin.Security{HideDiagnostics: true}, path: "/admin/reload", status: 200},
		{vector: "312", name: "only diagnostics are hidden", security: admin.Security{HideDiagnostics: true}, path: "/metrics", status: 404},
		{vector: "313", name: "hidden by name", security: admin.Security{Hide: expressions(`^/metrics$`)}, path: "/metrics", status: 404},
		{vector: "313", name: "hidden by name", security: admin.Security{Hide: expressions(`^/metrics$`)}, path: "/admin/ping", status: 200},
		{name: "hidden wins", security: admin.Security{Show: expressions(`/metrics`), Hide: expressions(`/metrics`)}, path: "/metrics", status: 404},
		{vector: "314", name: "control is hidden", security: admin.Security{HideControl: true}, method: "POST", path: "/admin/shutdown", status: 404},
		{vector: "314", name: "with two slashes too", security: admin.Security{HideControl: true}, method: "POST", path: "//admin/shutdown", status: 404},
		{name: "slashes are one", path: "//admin///ping", status: 200, body: "pong"},
		{name: "an expression is of the whole path", security: shown(all, "ping"), path: "/admin/ping", status: 404},
		{name: "also one with alternatives", security: shown(all, "/admin/p|/admin/ping"), path: "/admin/ping", status: 200},
		{name: "also one that could leave its brackets", security: shown(all, "/a|.*x"), path: "/admin/ping", status: 404},
		{name: "the list of paths", security: admin.Security{HideUI: true}, path: "/", status: 404},
		{name: "the same list is diagnostics", security: admin.Security{HideUI: true}, path: "/admin", status: 200},
		{name: "profiles are diagnostics", security: admin.Security{HideDiagnostics: true}, path: "/debug/pprof/heap", status: 404},
	} {
		name := row.name
		if row.vector != "" {
			name = "vector " + row.vector + ": " + name
		}
		t.Run(name+" "+row.path, func(t *testing.T) {
			s := serve(t, admin.Config{
				Security: row.security, Effective: func() []byte { return []byte("{}") },
				Shutdown: func(time.Duration) { t.Error("shut down") }, Reload: func() (r admin.Reloads) { return r },
				Prometheus: map[string]string{"/prom/def/ghi": "", "/prom/def": ""},
			})
			if row.method == "" {
				row.method = http.MethodGet
			}
			got := s.do(t, row.method, row.path, "")
			if got.status != row.status || row.body != "" && got.body != row.body || row.status == 404 && got.body != "" {
				t.Errorf("status %d, body %q; want %d, %q", got.status, got.body, row.status, row.body)
			}
		})
	}
}

func TestSecurityWithoutExpression(t *testing.T) {
	_, err := admin.New(admin.Config{Security: admin.Security{Hide: []*regexp.Regexp{nil}}})
	if err == nil || !strings.HasPrefix(err.Error(), "admin: Config.Security.Hide[0] ") {
		t.Error(err)
	}
}
