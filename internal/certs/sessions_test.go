package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
)

func nameOf(t *testing.T, text string) certs.Name {
	t.Helper()
	name, err := certs.ParseName(text, true)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// at is a connection to a server with this address.
type at struct {
	net.Conn
	addr string
}

func (c at) RemoteAddr() net.Addr { return pipeAddr(c.addr) }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// roomy is an end of a net.Pipe whose writes do not wait for the reader: at the end of a
// handshake both sides write.
type roomy struct {
	net.Conn
	out  chan []byte
	done chan struct{}
}

func newRoomy(c net.Conn) *roomy {
	r := &roomy{c, make(chan []byte, 100), make(chan struct{})}
	go func() {
		defer close(r.done)
		for p := range r.out {
			_, _ = c.Write(p) // who has closed it wants no more
		}
	}()
	return r
}

func (r *roomy) Write(p []byte) (int, error) {
	r.out <- bytes.Clone(p)
	return len(p), nil
}

// end writes what is left, and closes the connection.
func (r *roomy) end() {
	close(r.out)
	<-r.done
	r.Close()
}

// meet makes a connection as a client of the hop does, by which a byte is sent so that the
// client has what follows a handshake of TLS 1.3. It returns what the client has seen.
func meet(t *testing.T, addr string, client, server *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		wide := newRoomy(far)
		defer wide.end()
		s := tls.Server(wide, server)
		if s.Handshake() == nil {
			_, _ = s.Write([]byte("x"))
			_, _ = s.Read(make([]byte, 1)) // until the client has left
		}
	}()
	defer func() { <-done }()
	defer near.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := handshake.Client(ctx, at{near, addr}, client, "")
	if err != nil {
		return tls.ConnectionState{}, err
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		return tls.ConnectionState{}, err
	}
	return c.ConnectionState(), nil
}

// versions are those in which sessions are resumed in different ways.
func versions() map[string]certs.Versions {
	return map[string]certs.Versions{
		"TLS 1.2": {Min: tls.VersionTLS12, Max: tls.VersionTLS12},
		"TLS 1.3": {Min: tls.VersionTLS13, Max: tls.VersionTLS13},
	}
}

// TestSessionsAreResumed: a second handshake with a server goes on with the first one, and
// one with another server of that name does not.
func TestSessionsAreResumed(t *testing.T) {
	for name, v := range versions() {
		t.Run(name, func(t *testing.T) {
			dir, ca := t.TempDir(), certtest.CA(t, "root")
			bundle := filepath.Join(dir, "ca.pem")
			certtest.Write(t, bundle, ca.PEM())
			cert, key := ca.Issue([]string{"a"}).Write(dir, "a")
			client := certs.Client{Set: open(t, certs.Files{Trust: []string{bundle}}), Name: nameOf(t, "a"), Versions: v}.Config()
			serving := certs.Server{Set: open(t, certs.Files{Cert: cert, Key: key}), Versions: certs.DefaultVersions()}
			one, two := serving.Config(), serving.Config()
			for i, row := range []struct {
				addr    string
				server  *tls.Config
				resumed bool
			}{{"1", one, false}, {"1", one, true}, {"2", two, false}, {"1", one, true}, {"2", two, true}, {"3", one, false}} {
				got, err := meet(t, row.addr, client, row.server)
				if err != nil || got.DidResume != row.resumed || len(got.PeerCertificates) != 1 {
					t.Errorf("%d: resumed %t, %d certificates, %v", i, got.DidResume, len(got.PeerCertificates), err)
				}
			}
			// Without handshake.Client, nobody knows which server it is.
			for range 2 {
				if seen, err, _ := shake(t, client, one); err != nil || seen.DidResume {
					t.Errorf("%t, %v", seen.DidResume, err)
				}
			}
		})
	}
}

// TestSessionsEnd: a session that began with files which have been replaced, on either side,
// is not resumed, and lets nobody in who would not get in without it.
func TestSessionsEnd(t *testing.T) {
	for name, v := range versions() {
		t.Run(name, func(t *testing.T) {
			dir, ca, stranger := t.TempDir(), certtest.CA(t, "root"), certtest.CA(t, "stranger")
			bundle, clients := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "clients.pem")
			certtest.Write(t, bundle, ca.PEM())
			certtest.Write(t, clients, ca.PEM())
			cert, key := ca.Issue([]string{"a"}).Write(dir, "server")
			own, ownKey := ca.Issue([]string{"one"}).Write(dir, "client")
			store := certs.NewStore(certs.Config{Refresh: time.Millisecond})
			defer store.Close()
			opened := func(files certs.Files) *certs.Set {
				set, err := store.Open("", files)
				if err != nil {
					t.Fatal(err)
				}
				return set
			}
			mine, theirs := opened(certs.Files{Cert: own, Key: ownKey, Trust: []string{bundle}}), opened(certs.Files{Cert: cert, Key: key, Trust: []string{clients}})
			client := certs.Client{Set: mine, Name: nameOf(t, "a"), Versions: v}.Config()
			var shown []*x509.Certificate // by the client, in the last handshake
			server := certs.Server{Set: theirs, Clients: certs.Required, Versions: v}.Config()
			verify := server.VerifyConnection
			server.VerifyConnection = func(s tls.ConnectionState) error {
				shown = s.PeerCertificates
				return verify(s)
			}
			change := func(set *certs.Set, write func()) {
				t.Helper()
				before := set.Version().Load()
				write()
				waitFor(t, "the files are taken", func() bool { return set.Version().Load() > before })
			}
			whole := func(what string) tls.ConnectionState {
				t.Helper()
				first, err := meet(t, "1", client, server)
				if err != nil || first.DidResume {
					t.Fatalf("%s: resumed %t, %v", what, first.DidResume, err)
				}
				if next, err := meet(t, "1", client, server); err != nil || !next.DidResume {
					t.Fatalf("%s: the next one resumed %t, %v", what, next.DidResume, err)
				}
				return first
			}
			whole("at first")

			next := ca.Issue([]string{"a"})
			change(theirs, func() { next.Write(dir, "server") })
			if seen := whole("another certificate of the server"); !seen.PeerCertificates[0].Equal(next.Leaf) {
				t.Error("the server has shown another certificate")
			}
			mineNext := ca.Issue([]string{"two"})
			change(mine, func() { mineNext.Write(dir, "client") })
			if whole("another certificate of the client"); !shown[0].Equal(mineNext.Leaf) {
				t.Error("the client has shown another certificate")
			}
			change(theirs, func() { certtest.Write(t, clients, stranger.PEM()) })
			if _, err := meet(t, "1", client, server); handshake.ReasonOf(err) != handshake.Alert {
				t.Errorf("the server trusts another authority: %v", err)
			}
			change(theirs, func() { certtest.Write(t, clients, append(stranger.PEM(), ca.PEM()...)) })
			whole("the server trusts both")
			change(mine, func() { certtest.Write(t, bundle, stranger.PEM()) })
			if _, err := meet(t, "1", client, server); handshake.ReasonOf(err) != handshake.Authority {
				t.Errorf("the client trusts another authority: %v", err)
			}
			change(mine, func() { certtest.Write(t, bundle, append(stranger.PEM(), ca.PEM()...)) })
			whole("the client trusts both")
			change(theirs, func() { ca.Issue([]string{"b"}).Write(dir, "server") })
			if _, err := meet(t, "1", client, server); handshake.ReasonOf(err) != handshake.Name {
				t.Errorf("the server has another name: %v", err)
			}
		})
	}
}

// TestSessionsAge: a server of another make, which resumes sessions that began with another
// certificate, shows the one that it has after ten minutes, or once a part of that one's chain
// has expired.
func TestSessionsAge(t *testing.T) {
	for name, v := range versions() {
		for _, row := range []struct {
			name  string
			valid time.Duration // of the authority of the first certificate
			wait  time.Duration
			want  []bool // whether each of the following was resumed
		}{
			{"young", 24 * time.Hour, 2 * time.Minute, []bool{true, true, true, true, false, true}},
			{"expired", 5 * time.Minute, 2 * time.Minute, []bool{true, true, false, true}},
		} {
			t.Run(name+" "+row.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ca := certtest.CA(t, "root")
					file := filepath.Join(t.TempDir(), "ca.pem")
					certtest.Write(t, file, ca.PEM())
					store := certs.NewStore(certs.Config{})
					store.Close() // nothing is followed
					set, err := store.Open("", certs.Files{Trust: []string{file}})
					if err != nil {
						t.Fatal(err)
					}
					client := certs.Client{Set: set, Name: nameOf(t, "a"), Versions: v}.Config()
					middle := ca.Issue(nil, certtest.Authority, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(row.valid) })
					pair := middle.Issue([]string{"a"}).Pair()
					pair.Certificate = append(pair.Certificate, middle.Leaf.Raw)
					server := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil }}
					if _, err := meet(t, "1", client, server); err != nil {
						t.Fatal(err)
					}
					next := ca.Issue([]string{"a"})
					pair = next.Pair()
					for i, want := range row.want {
						time.Sleep(row.wait)
						got, err := meet(t, "1", client, server)
						if err != nil || got.DidResume != want || !want && !got.PeerCertificates[0].Equal(next.Leaf) {
							t.Errorf("after %s: resumed %t, %v", time.Duration(i+1)*row.wait, got.DidResume, err)
						}
					}
				})
			})
		}
	}
}
