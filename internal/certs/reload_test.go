package certs_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/certtest"
)

// waitFor waits until something holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in 30 s: %s", what)
		}
	}
}

// logged is a log that can be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestReload: vectors 409 and 419. Files that change are taken as a whole, and refused once
// where they are wrong; the ones before stay then.
func TestReload(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, row := range []struct {
		name    string
		refresh time.Duration
	}{{"by events", time.Hour}, {"by reading again", time.Millisecond}} {
		t.Run(row.name, func(t *testing.T) {
			dir, ca, log := t.TempDir(), certtest.CA(t, "root"), &logged{}
			store := certs.NewStore(certs.Config{ErrorLog: slog.New(slog.NewTextHandler(log, nil)), Refresh: row.refresh})
			defer store.Close()
			cert, key := ca.Issue([]string{"foo"}).Write(dir, "a")
			set, err := store.Open("servers[0].tls", certs.Files{Cert: cert, Key: key})
			if err != nil {
				t.Fatal(err)
			}
			name := func() string { return set.Current().Cert.Leaf.DNSNames[0] }
			bar := ca.Issue([]string{"bar"})
			bar.Write(dir, "a")
			waitFor(t, "bar", func() bool { return name() == "bar" })
			if s := set.State(); s.Problem != "" || s.Reloads != 1 || !s.NotAfter.Equal(bar.Leaf.NotAfter) {
				t.Errorf("%+v", s)
			}

			certtest.Write(t, cert, []byte("garbage"))
			waitFor(t, "the refusal", func() bool { return set.State().Problem != "" })
			if s := set.State(); name() != "bar" || !strings.HasSuffix(s.Problem, "a.pem is not PEM: it has no block CERTIFICATE") || s.Tried.IsZero() {
				t.Errorf("%s, %+v", name(), s)
			}
			for range 20 { // reading again says nothing new
				time.Sleep(time.Millisecond)
			}
			if n := strings.Count(log.String(), "is not PEM"); n != 1 {
				t.Errorf("told %d times:\n%s", n, log)
			}
			if err := os.Remove(cert); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "the second refusal", func() bool { return strings.HasSuffix(set.State().Problem, "a.pem does not exist") })
			ca.Issue([]string{"baz"}).Write(dir, "a")
			waitFor(t, "baz", func() bool { return name() == "baz" && set.State().Problem == "" })
		})
	}
}

// TestSymlinks: Kubernetes replaces the directory behind a link.
func TestSymlinks(t *testing.T) {
	dir, ca := t.TempDir(), certtest.CA(t, "root")
	version := func(n, name string) {
		sub := filepath.Join(dir, ".."+n)
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		ca.Issue([]string{name}).Write(sub, "tls")
		if err := os.Symlink(".."+n, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Skip(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	version("1", "foo")
	for _, file := range []string{"tls.pem", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", file), filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	store := certs.NewStore(certs.Config{Refresh: time.Hour})
	defer store.Close()
	set, err := store.Open("x", certs.Files{Cert: filepath.Join(dir, "tls.pem"), Key: filepath.Join(dir, "tls.key")})
	if err != nil {
		t.Fatal(err)
	}
	version("2", "bar")
	waitFor(t, "bar", func() bool { return set.Current().Cert.Leaf.DNSNames[0] == "bar" })
	if s := set.State(); s.Refused != 0 {
		t.Errorf("%+v", s)
	}
}
