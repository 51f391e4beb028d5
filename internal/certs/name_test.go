package certs_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
)

// shake makes a handshake of two configurations, and returns the errors of both sides.
func shake(t *testing.T, client, server *tls.Config) (seen tls.ConnectionState, ofClient, ofServer error) {
	t.Helper()
	near, far := connected(t)
	defer near.Close()
	defer far.Close()
	c, s := tls.Client(near, client), tls.Server(far, server)
	done := make(chan error, 1)
	go func() {
		err := s.HandshakeContext(t.Context())
		if err == nil { // a client of TLS 1.3 is refused after its handshake
			_, _ = s.Write([]byte("x"))
		} else {
			far.Close()
		}
		done <- err
	}()
	ofClient = c.HandshakeContext(t.Context())
	if ofClient == nil {
		_, ofClient = c.Read(make([]byte, 1))
	}
	near.Close()
	ofServer = <-done
	return s.ConnectionState(), ofClient, ofServer
}

// connected makes a connection of two ends.
func connected(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		defer close(accepted)
		if c, err := l.Accept(); err == nil {
			accepted <- c
		}
	}()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far = <-accepted; far == nil {
		t.Fatal("nothing was accepted")
	}
	return near, far
}

// open reads files.
func open(t *testing.T, files certs.Files) *certs.Set {
	t.Helper()
	store := certs.NewStore(certs.Config{})
	t.Cleanup(func() { store.Close() })
	set, err := store.Open("x", files)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestNames: which certificates of servers are accepted for which names.
func TestNames(t *testing.T) {
	ca, stranger := certtest.CA(t, "root"), certtest.CA(t, "stranger")
	oldCA := certtest.CA(t, "old root", certtest.Expired)
	oldV1 := certtest.V1(t, nil, "Example CA", time.Date(2016, 11, 19, 0, 0, 0, 0, time.UTC))
	middle := ca.Issue(nil, certtest.Authority)
	bare := ca.Issue(nil, certtest.CommonName("linkerd"))
	const noSAN = "the certificate of CN=linkerd has no subject alternative name; its common name counts, as in Linkerd: re-issue it"
	for _, row := range []struct {
		name, vector string
		cert         *certtest.Cert
		more         *certtest.Cert // of the chain
		trust        *certtest.Cert // default: ca
		want         string         // the name
		strict, all  bool
		error        string
		reason       handshake.Reason
		notice       string // of the connection
		rootNotice   string
	}{
		{name: "its name", vector: "403", cert: ca.Issue([]string{"excellent"}), want: "excellent"},
		{name: "in other letters", cert: ca.Issue([]string{"Excellent.example"}), want: "excellent.Example"},
		{name: "one of many", cert: ca.Issue([]string{"b", "a"}), want: "a"},
		{name: "another name", vector: "404", cert: ca.Issue([]string{"a"}), want: "b", error: "tls: certificate is valid for a, not b", reason: handshake.Name},
		{name: "a wildcard", cert: ca.Issue([]string{"*.example.com"}), want: "a.example.com"},
		{name: "a wildcard is for one label", cert: ca.Issue([]string{"*.example.com"}), want: "a.b.example.com", error: "tls: certificate is valid for *.example.com, not a.b.example.com", reason: handshake.Name},
		{name: "an address", cert: ca.Issue([]string{"127.0.0.1"}), want: "127.0.0.1"},
		{name: "an address is no common name", cert: ca.Issue(nil, certtest.CommonName("127.0.0.1")), want: "127.0.0.1", error: "tls: certificate is valid for 127.0.0.1, not 127.0.0.1", reason: handshake.Name},
		{name: "an intermediate", vector: "417", cert: middle.Issue([]string{"a"}), more: middle, want: "a"},
		{name: "without its intermediate", cert: middle.Issue([]string{"a"}), want: "a", error: "tls: certificate signed by unknown authority", reason: handshake.Authority},
		{name: "another authority", cert: stranger.Issue([]string{"a"}), want: "a", error: "tls: certificate signed by unknown authority", reason: handshake.Authority},
		{name: "expired", cert: ca.Issue([]string{"a"}, certtest.Expired), want: "a", error: "tls: certificate has expired or is not yet valid", reason: handshake.Expired},
		{name: "any", vector: "406", cert: stranger.Issue([]string{"a"}), want: "b", all: true},

		{name: "by the common name", vector: "414", cert: bare, want: "linkerd", notice: noSAN},
		{name: "by another common name", vector: "414", cert: bare, want: "other", error: "tls: certificate is valid for linkerd, not other", reason: handshake.Name},
		{name: "by the common name, strict", cert: bare, want: "linkerd", strict: true,
			error: "tls: certificate has no subject alternative name, and its common name linkerd does not count with strictNames"},
		{name: "by a wildcard in the common name", cert: ca.Issue(nil, certtest.CommonName("*.linkerd")), want: "a.linkerd",
			notice: "the certificate of CN=*.linkerd has no subject alternative name; its common name counts, as in Linkerd: re-issue it"},
		{name: "a root that has expired", vector: "414", cert: oldCA.Issue([]string{"a"}), trust: oldCA, want: "a",
			rootNotice: "ca.pem: CN=old root expired on 2016-11-19, and is trusted all the same, as in Linkerd: dates of roots do not count"},
		{name: "of version 1, with a root that has expired", vector: "414", cert: certtest.V1(t, oldV1, "linkerd", time.Now().AddDate(90, 0, 0)), trust: oldV1, want: "linkerd", notice: noSAN,
			rootNotice: "ca.pem: CN=Example CA expired on 2016-11-19, and is trusted all the same, as in Linkerd: dates of roots do not count"},
		{name: "the common name beside names of hosts", vector: "415", cert: ca.Issue([]string{"a"}, certtest.CommonName("b")), want: "b", error: "tls: certificate is valid for a, not b", reason: handshake.Name},
		{name: "the common name beside a URI", vector: "416", cert: ca.Issue([]string{"spiffe://td/a"}, certtest.CommonName("a")), want: "a", error: "tls: certificate is valid for spiffe://td/a, not a", reason: handshake.Name},
		{name: "a URI", vector: "416", cert: ca.Issue([]string{"spiffe://td/a"}, certtest.CommonName("a")), want: "spiffe://td/a"},
		{name: "a longer URI", vector: "416", cert: ca.Issue([]string{"spiffe://td/a/b"}), want: "spiffe://td/a", error: "tls: certificate is valid for spiffe://td/a/b, not spiffe://td/a", reason: handshake.Name},
		{name: "a URI is no common name", cert: ca.Issue(nil, certtest.CommonName("spiffe://td/a")), want: "spiffe://td/a", error: "tls: certificate is valid for spiffe://td/a, not spiffe://td/a", reason: handshake.Name},
		{name: "no name at all", cert: ca.Issue(nil, certtest.CommonName("")), want: "a", error: "tls: certificate has no names, not even a", reason: handshake.Name},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.trust == nil {
				row.trust = ca
			}
			dir := t.TempDir()
			bundle := filepath.Join(dir, "ca.pem")
			certtest.Write(t, bundle, row.trust.PEM())
			set := open(t, certs.Files{Trust: []string{bundle}})
			notices := strings.ReplaceAll(strings.Join(set.Current().Notices, "\n"), dir+string(filepath.Separator), "")
			if notices != row.rootNotice {
				t.Errorf("notices of the root: %q", notices)
			}
			name, err := certs.ParseName(row.want, row.strict)
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			client := certs.Client{Set: set, Name: name, Unverified: row.all, Versions: certs.DefaultVersions(), ErrorLog: slog.New(slog.NewTextHandler(&log, nil)), Place: "x"}.Config()
			pair := row.cert.Pair()
			if row.more != nil {
				pair.Certificate = append(pair.Certificate, row.more.Leaf.Raw)
			}
			sni := "nobody"
			server := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				sni = hello.ServerName
				return &pair, nil
			}}
			for range 2 {
				_, err, _ = shake(t, client, server)
				if row.error == "" && err != nil || row.error != "" && (err == nil || !strings.HasPrefix(err.Error(), row.error)) {
					t.Errorf("error %v; want %q", err, row.error)
				}
				if err != nil && handshake.ReasonOf(err) != row.reason {
					t.Errorf("reason %s", handshake.ReasonOf(err))
				}
			}
			if wanted := strings.TrimSuffix(row.want, "."); strings.Contains(wanted, "://") && sni != "" || !strings.Contains(wanted, "://") && net.ParseIP(wanted) == nil && sni != wanted {
				t.Errorf("SNI %q", sni)
			}
			if n := strings.Count(log.String(), "notice"); row.notice == "" && n > 0 || row.notice != "" && (n != 1 || !strings.Contains(log.String(), row.notice)) {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

// TestParseName: what cannot be the name in a certificate.
func TestParseName(t *testing.T) {
	for _, text := range []string{"", "a b", "a\nb", "spiffe://", "://a", "spiffe://a%zz", strings.Repeat("a", 2049)} {
		if name, err := certs.ParseName(text, false); err == nil {
			t.Errorf("%q is taken for %v", text, name)
		}
	}
}

// TestClients: what clients must show a server.
func TestClients(t *testing.T) {
	ca, stranger := certtest.CA(t, "root"), certtest.CA(t, "stranger")
	dir := t.TempDir()
	cert, key := ca.Issue([]string{"server"}).Write(dir, "server")
	bundle := filepath.Join(dir, "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	set := open(t, certs.Files{Cert: cert, Key: key, Trust: []string{bundle}})
	for _, row := range []struct {
		name, vector string
		auth         certs.ClientAuth
		client       *certtest.Cert
		error        string
		peers        int
	}{
		{name: "not asked", client: ca.Issue([]string{"client"})},
		{name: "optional, without", auth: certs.Optional},
		{name: "optional, with", auth: certs.Optional, client: ca.Issue([]string{"client"}), peers: 1},
		{name: "optional, with a wrong one", auth: certs.Optional, client: stranger.Issue([]string{"client"}), error: "tls: certificate signed by unknown authority"},
		{name: "required, without", vector: "411", auth: certs.Required, error: "tls: client didn't provide a certificate"},
		{name: "required, with", auth: certs.Required, client: ca.Issue([]string{"client"}), peers: 1},
		{name: "required, without names", auth: certs.Required, client: ca.Issue(nil), peers: 1},
		{name: "required, with a wrong one", auth: certs.Required, client: stranger.Issue([]string{"client"}), error: "tls: certificate signed by unknown authority"},
		{name: "required, with an expired one", auth: certs.Required, client: ca.Issue([]string{"client"}, certtest.Expired), error: "tls: certificate has expired or is not yet valid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := certs.Server{Set: set, Clients: row.auth, Versions: certs.DefaultVersions()}.Config()
			client := &tls.Config{RootCAs: ca.Pool(), ServerName: "server"}
			if row.client != nil {
				pair := row.client.Pair()
				client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
			}
			seen, ofClient, ofServer := shake(t, client, server)
			if row.error == "" {
				if ofClient != nil || ofServer != nil || len(seen.PeerCertificates) != row.peers {
					t.Errorf("%v, %v, %d certificates", ofClient, ofServer, len(seen.PeerCertificates))
				}
				return
			}
			if ofServer == nil || !strings.HasPrefix(ofServer.Error(), row.error) || ofClient == nil || handshake.ReasonOf(ofClient) != handshake.Alert {
				t.Errorf("server %v; client %v", ofServer, ofClient)
			}
		})
	}
}
