package articles

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStaging: a request says itself that it wants the new version of a service
// which it reaches only by way of others. Nobody else gets it.
func TestStaging(t *testing.T) {
	s := start(t, true)
	c := s.Client("outgoing")
	for _, row := range []struct {
		about string
		dtabs []string
		want  string
	}{
		{"nothing asked for", nil, "Hello world moon!!!"},
		{"depth 2", []string{"l5d-dtab: /host/world => /srv/world-v2"}, "Hello world-v2 moon!!!"},
		{"depth 3", []string{"l5d-dtab: /host/moon => /srv/moon-v2"}, "Hello world moon-v2!!!"},
		{"both", []string{"l5d-dtab: /host/world => /srv/world-v2 ; /host/moon => /srv/moon-v2"}, "Hello world-v2 moon-v2!!!"},
		{"both, in two headers", []string{"l5d-dtab: /host/world => /srv/world-v2", "l5d-dtab: /host/moon => /srv/moon-v2"}, "Hello world-v2 moon-v2!!!"},
		{"context of a caller", []string{"l5d-ctx-dtab: /host/world => /srv/world-v2"}, "Hello world-v2 moon!!!"},
		{"the user's wish goes before it", []string{"l5d-ctx-dtab: /host/world => /srv/world-v2", "l5d-dtab: /host/world => /srv/world-v1"}, "Hello world moon!!!"},
		{"a version that is not there", []string{"l5d-dtab: /host/world => /srv/world-v3"}, "Hello world moon!!!"},
	} {
		t.Run(row.about, func(t *testing.T) { s.expect(c, "hello", row.want, row.dtabs...) })
	}
	t.Run("side by side", func(t *testing.T) {
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range 25 {
					s.expect(c, "hello", "Hello world moon!!!")
					s.expect(c, "hello", "Hello world-v2 moon!!!", "l5d-dtab: /host/world => /srv/world-v2")
				}
			})
		}
		wait.Wait()
	})
}

// TestStagingHeaders: services see the wish as context and not as a wish, at
// each depth (vectors 26 and 29).
func TestStagingHeaders(t *testing.T) {
	s := start(t, true)
	s.expect(s.Client("outgoing"), "hello", "Hello world-v2 moon!!!",
		"l5d-dtab: /host/world => /srv/world-v2", "l5d-ctx-thing: yoooooo", "dtab-local: /host/moon => /srv/moon-v2")
	for _, service := range []string{"hello", "world-v2", "moon-v1"} {
		got := s.headers(service)
		for _, name := range []string{"l5d-ctx-trace", "l5d-reqid", "l5d-dst-client"} {
			if got[name] == "" {
				t.Errorf("%s gets no %s", service, name)
			}
			delete(got, name)
		}
		// The time that each service gives the next one goes along.
		if got["l5d-ctx-deadline"] == "" != (service == "hello") {
			t.Errorf("%s gets the deadline %q", service, got["l5d-ctx-deadline"])
		}
		delete(got, "l5d-ctx-deadline")
		want := map[string]string{
			"l5d-ctx-dtab":    "/host/world=>/srv/world-v2",
			"l5d-ctx-thing":   "yoooooo",
			"l5d-dst-service": map[string]string{"hello": "/svc/hello", "world-v2": "/svc/world", "moon-v1": "/svc/moon"}[service],
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", service, diff)
		}
	}
}

// TestContextIsLost: where services do not forward the context, the wish acts
// at the first station only.
func TestContextIsLost(t *testing.T) {
	s := start(t, false)
	c := s.Client("outgoing")
	s.expect(c, "hello", "Hello world moon!!!", "l5d-dtab: /host/world => /srv/world-v2")
	s.expect(c, "world", "world-v2 moon!!", "l5d-dtab: /host/world => /srv/world-v2")
}
