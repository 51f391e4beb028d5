package k8s_test

import (
	"testing"

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

// dial makes a client of a scripted server.
func dial(t *testing.T, server *k8stest.Server) *k8s.Client {
	t.Helper()
	c, err := k8s.NewClient(k8s.ClientConfig{Transport: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func namer(t *testing.T, server *k8stest.Server, c k8s.Config) *k8s.Namer {
	t.Helper()
	c.Client = dial(t, server)
	n, err := k8s.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConformance(t *testing.T) {
	for _, row := range []struct {
		name            string
		config          k8s.Config
		exists, missing string
	}{
		{"io.l5d.k8s by the name of a port", k8s.Config{}, "/default/http/hello", "/default/http/late"},
		{"io.l5d.k8s by the number of a port", k8s.Config{}, "/default/80/hello", "/default/80/late"},
		{"io.l5d.k8s.ns", k8s.Config{Namespace: "default"}, "/http/hello", "/http/late"},
	} {
		t.Run(row.name, func(t *testing.T) {
			resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
				var server k8stest.Server
				server.Bind("default", "hello", "http", "10.0.0.1:7777@node1", "10.0.0.2:7777@node2")
				return resolvetest.Subject{
					Namer:   namer(t, &server, row.config),
					Exists:  resolve.MustPath(row.exists),
					Missing: resolve.MustPath(row.missing),
					Add:     func() { server.Bind("default", "late", "http", "10.0.0.3:7777") },
					Remove:  func() { server.Unbind("default", "late") },
				}
			})
		})
	}
}

// TestWhatIsRefused: settings that the API server could not have meant, before it is
// asked.
func TestWhatIsRefused(t *testing.T) {
	var server k8stest.Server
	client := dial(t, &server)
	closed, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	changed := func([]ingresses.Ingress) {}
	for want, made := range map[string]func() error{
		`k8s: "A_b" is not a valid namespace`:                     func() error { _, err := k8s.New(k8s.Config{Client: client, Namespace: "A_b"}); return err },
		`k8s: label selector "a b" is not a valid key of a label`: func() error { _, err := k8s.New(k8s.Config{Client: client, LabelSelector: "a b"}); return err },
		`k8s: "a/b" is not a valid namespace`: func() error {
			_, err := client.FollowIngresses(ingresses.Config{Namespace: "a/b", Changed: changed})
			return err
		},
		"k8s: the client is closed": func() error {
			_, err := closed.FollowIngresses(ingresses.Config{Changed: changed})
			return err
		},
	} {
		if err := made(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, c := range []k8s.Config{{Client: client}, {Client: client, Namespace: "a-b", LabelSelector: "example.org/a_b"}} {
		n, err := k8s.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil { // which leaves the client to its owner
			t.Error(err)
		}
	}
	if i, err := client.FollowIngresses(ingresses.Config{Namespace: "a-b", Changed: changed}); err != nil {
		t.Errorf("after the namers were closed the client: %v", err)
	} else if err := i.Close(); err != nil {
		t.Error(err)
	}
}
