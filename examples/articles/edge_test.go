package articles

import "testing"

// TestEdge: at the edge a stranger's wishes are not heard, at no depth; behind
// it, where the wish is put into the request by somebody who may, they are.
func TestEdge(t *testing.T) {
	s := start(t, true)
	wishes := []string{"l5d-dtab: /host/world => /srv/world-v2", "l5d-ctx-dtab: /host/moon => /srv/moon-v2"}
	s.expect(s.Client("edge"), "hello", "Hello world moon!!!", wishes...)
	s.expect(s.Client("edge"), "world", "world moon!!", wishes...)
	s.expect(s.Client("outgoing"), "hello", "Hello world-v2 moon-v2!!!", wishes...)
	if got := s.headers("hello")["l5d-ctx-dtab"]; got != "/host/moon=>/srv/moon-v2;/host/world=>/srv/world-v2" {
		t.Errorf("behind the edge hello gets the context %q", got)
	}
	s.expect(s.Client("edge"), "hello", "Hello world moon!!!", wishes...)
	if got, ok := s.headers("hello")["l5d-ctx-dtab"]; ok {
		t.Errorf("through the edge hello gets the context %q", got)
	}
	// Not even one that is no dtab.
	s.expect(s.Client("edge"), "hello", "Hello world moon!!!", "l5d-dtab: no dtab")
}
