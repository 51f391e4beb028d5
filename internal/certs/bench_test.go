package certs_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
)

// BenchmarkHandshake is what both sides of a handshake cost, with the certificate of each
// verified: whole, and with a session that is resumed.
func BenchmarkHandshake(b *testing.B) {
	dir, ca := b.TempDir(), certtest.CA(b, "root")
	bundle := filepath.Join(dir, "ca.pem")
	certtest.Write(b, bundle, ca.PEM())
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		leaf   *certtest.Cert
		resume bool
	}{
		{"ECDSA/whole", ca.Issue([]string{"a"}), false}, {"ECDSA/resumed", ca.Issue([]string{"a"}), true},
		{"RSA/whole", ca.Issue([]string{"a"}).With(key), false}, {"RSA/resumed", ca.Issue([]string{"a"}).With(key), true},
	} {
		b.Run(row.name, func(b *testing.B) {
			cert, private := row.leaf.Write(b.TempDir(), "a")
			store := certs.NewStore(certs.Config{})
			store.Close()
			set, err := store.Open("", certs.Files{Cert: cert, Key: private, Trust: []string{bundle}})
			if err != nil {
				b.Fatal(err)
			}
			name, err := certs.ParseName("a", true)
			if err != nil {
				b.Fatal(err)
			}
			client := certs.Client{Set: set, Name: name, Versions: certs.DefaultVersions()}.Config()
			if !row.resume {
				client.ClientSessionCache = nil
			}
			server := certs.Server{Set: set, Clients: certs.Required, Versions: certs.DefaultVersions()}.Config()
			l, err := tls.Listen("tcp", "127.0.0.1:0", server)
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = c.Write([]byte("x"))
					c.Close()
				}
			}()
			one := func() bool {
				nc, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					b.Fatal(err)
				}
				c, err := handshake.Client(context.Background(), nc, client, "")
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				if _, err := c.Read(make([]byte, 1)); err != nil {
					b.Fatal(err)
				}
				return c.ConnectionState().DidResume
			}
			one()
			b.ReportAllocs()
			for b.Loop() {
				if one() != row.resume {
					b.Fatalf("want resumed %t", row.resume)
				}
			}
		})
	}
}
