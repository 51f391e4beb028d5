package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
)

func TestAdminSecurity(t *testing.T) {
	const rest = "routers:\n- protocol: http\n  servers:\n  - port: 0\n"
	mesh := build(t, "admin:\n  security:\n    uiEnabled: false\n    controlEnabled: yes\n    diagnosticsEnabled: false\n"+
		"    pathWhitelist: [^/admin/ping$, '/metrics|/x']\n    pathBlacklist: [/y.*]\n"+rest, config.Builtin(), config.BuildOptions{})
	got := mesh.Admin.Security
	var shown, hidden []string
	for _, one := range got.Show {
		shown = append(shown, one.String())
	}
	for _, one := range got.Hide {
		hidden = append(hidden, one.String())
	}
	if !got.HideUI || got.HideControl || !got.HideDiagnostics || !cmp.Equal(shown, []string{"^/admin/ping$", "/metrics|/x"}) || !cmp.Equal(hidden, []string{"/y.*"}) {
		t.Errorf("%+v", got)
	}
	_, err := config.Load("l5d.yaml", []byte("admin:\n  security:\n    pathWhitelist: [/a, '/(?!b)c', {}]\n    pathBlacklist:\n    - (/a)\\1\n"+rest), config.Builtin())
	const want = `l5d.yaml:3:25: admin.security.pathWhitelist[1]: is not a regular expression (RE2): invalid or unsupported Perl syntax: (?!
l5d.yaml:3:36: admin.security.pathWhitelist[2]: must be a single value, not a group of keys
l5d.yaml:5:7: admin.security.pathBlacklist[0]: is not a regular expression (RE2): invalid escape sequence: \1`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}
