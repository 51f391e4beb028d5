package config_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/proxy/config"
)

// TestTLSErrors: each wrong key of a group tls, and each file that is wrong, is told with its
// place when the configuration is loaded or built.
func TestTLSErrors(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	cert, key := ca.Issue([]string{"a"}).Write(dir, "a")
	_, other := ca.Issue([]string{"b"}).Write(dir, "b")
	old, oldKey := ca.Issue([]string{"a"}, certtest.Expired).Write(dir, "old")
	files := strings.NewReplacer("CERT", cert, "OTHERKEY", other, "OLDKEY", oldKey, "KEY", key, "OLD", old, "NONE", filepath.Join(dir, "none"))
	const pair = "certPath: CERT, keyPath: KEY"
	for _, row := range []struct {
		name, vector          string
		client, server, admin string
		want                  string // after the file's name
		notice                string
	}{
		{name: "client", client: "commonName: a"},
		{name: "no name", vector: "408", client: "trustCertsBundle: CERT", want: "1:85: routers[0].client.tls: needs commonName, the name that the servers' certificates are for; disableValidation: true accepts any"},
		{name: "both kinds of trust", vector: "408", client: "commonName: a, trustCertsBundle: CERT, trustCerts: [CERT]", want: "routers[0].client.tls.trustCerts: cannot be used with trustCertsBundle; use only trustCertsBundle"},
		{name: "no trust", client: "commonName: a, trustCerts: []", want: "routers[0].client.tls.trustCerts: needs at least one file"},
		{name: "validation off, with a certificate", vector: "407", client: "disableValidation: true, clientAuth: {" + pair + "}", want: "routers[0].client.tls.clientAuth: cannot be used with disableValidation, as in Linkerd: the certificate would be shown to anybody"},
		{name: "validation off, with authorities", client: "disableValidation: true, trustCertsBundle: CERT", notice: "trusts everybody: with disableValidation the certificates of authorities have no effect"},
		{name: "before 1.0", client: "commonName: a, kind: io.l5d.boundPath", want: "routers[0].client.tls.kind: is not supported: since Linkerd 1.0 there is one kind: give commonName, and trustCertsBundle for caCertPath"},
		{name: "a wrong name", client: "commonName: 'a b'", want: `routers[0].client.tls.commonName: must be the name of a host or a URI, not "a b"`},
		{name: "a wrong URI", client: "commonName: 'spiffe://'", want: `routers[0].client.tls.commonName: "spiffe://" is not a URI such as spiffe://cluster.local/ns/default`},
		{name: "an unknown version", client: "commonName: a, protocols: [TLS1.2]", want: `routers[0].client.tls.protocols: has an unknown version "TLS1.2"; known: TLSv1.2, TLSv1.3`},
		{name: "old versions", client: "commonName: a, protocols: [TLSv1, TLSv1.1]", want: "routers[0].client.tls.protocols: needs TLSv1.2 or TLSv1.3: older versions are not secure and not supported"},
		{name: "old and new versions", client: "commonName: a, protocols: [TLSv1, TLSv1.2]", notice: "TLSv1 has no effect: TLS 1.2 and 1.3 are spoken, older versions are not secure"},
		{name: "no authorities there", client: "commonName: a, trustCertsBundle: NONE", want: "routers[0].client.tls.trustCertsBundle: NONE does not exist"},
		{name: "no authorities in a list there", client: "commonName: a, trustCerts: [CERT, NONE]", want: "routers[0].client.tls.trustCerts: NONE does not exist"},
		{name: "half a certificate", client: "commonName: a, clientAuth: {certPath: CERT}", want: "routers[0].client.tls.clientAuth.keyPath: is required"},
		{name: "a key that does not match", client: "commonName: a, clientAuth: {certPath: CERT, keyPath: OTHERKEY}", want: "routers[0].client.tls.clientAuth.keyPath: OTHERKEY has a key that does not belong to the certificate in CERT"},
		{name: "off", client: "enabled: false"},

		{name: "server", server: pair},
		{name: "no key", server: "certPath: CERT", want: "routers[0].servers[0].tls.keyPath: is required"},
		{name: "no file", vector: "419", server: "certPath: NONE, keyPath: KEY", want: "routers[0].servers[0].tls.certPath: NONE does not exist"},
		{name: "the wrong file", server: "certPath: KEY, keyPath: KEY", want: "routers[0].servers[0].tls.certPath: KEY has no certificate, but a block PRIVATE "},
		{name: "expired", server: "certPath: OLD, keyPath: OLDKEY", want: "routers[0].servers[0].tls.certPath: OLD has a certificate of CN=leaf that expired on 2016-11-19"},
		{name: "no enabled", server: "enabled: true, " + pair, want: "routers[0].servers[0].tls.enabled: unknown key"},
		{name: "authorities for nobody", server: pair + ", caCertPath: CERT", notice: "has no effect: clients are not asked for a certificate without requireClientAuth: true or clientAuth: optional"},
		{name: "authorities", server: pair + ", caCertPath: CERT, requireClientAuth: true"},
		{name: "optional", server: pair + ", caCertPath: CERT, clientAuth: optional"},
		{name: "optional and required", server: pair + ", requireClientAuth: true, clientAuth: optional", want: "routers[0].servers[0].tls.clientAuth: cannot be optional with requireClientAuth: true"},
		{name: "another clientAuth", server: pair + ", clientAuth: wanted", want: "routers[0].servers[0].tls.clientAuth: must be optional, not \"wanted\"; requireClientAuth: true has all clients show a certificate"},
		{name: "ciphers", vector: "420", server: pair + ", ciphers: [ECDHE-RSA-AES128-GCM-SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, ECDHE-RSA-CHACHA20-POLY1305]"},
		{name: "ciphers of TLS 1.3", server: pair + ", ciphers: [TLS_AES_128_GCM_SHA256]", notice: "TLS_AES_128_GCM_SHA256 cannot be chosen: the suites of TLS 1.3 are always on"},
		{name: "a weak cipher", server: pair + ", ciphers: [RC4-SHA]", want: `routers[0].servers[0].tls.ciphers: has an unknown or insecure suite "RC4-SHA"; known: `},

		{name: "admin", admin: pair},
		{name: "admin, no file", admin: "certPath: NONE, keyPath: KEY", want: "admin.tls.certPath: NONE does not exist"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := "routers: [{protocol: http, servers: [{port: 0}], client: {kind: io.l5d.global, tls: {" + row.client + "}}}]\n"
			switch {
			case row.server != "":
				text = "routers: [{protocol: http, servers: [{port: 0, tls: {" + row.server + "}}]}]\n"
			case row.admin != "":
				text = "routers: [{protocol: http, servers: [{port: 0}]}]\nadmin: {port: 0, tls: {" + row.admin + "}}\n"
			}
			file, err := config.Load("f", []byte(files.Replace(text)), config.Builtin())
			if err == nil {
				var mesh *config.Mesh
				if mesh, err = file.Build(config.BuildOptions{}); err == nil {
					defer func() {
						if err := mesh.Close(within(t, 5*time.Second)); err != nil {
							t.Error(err)
						}
					}()
				}
			}
			got := strings.Join(lines(err), "\n")
			if want := files.Replace(row.want); want == "" && err != nil || want != "" && (!strings.Contains(got, want) || strings.Contains(got, "\n")) {
				t.Errorf("error %v", err)
			}
			if err != nil {
				return
			}
			var notices []string
			for _, n := range file.Notices {
				notices = append(notices, n.Text)
			}
			if got := strings.Join(notices, "\n"); row.notice == "" && got != "" || !strings.Contains(got, row.notice) {
				t.Errorf("notices %q", got)
			}
		})
	}
}
