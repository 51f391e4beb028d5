package router_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/inbound"
)

// TestSecondRequestOfAContext: what a proxy has read of a request is that request's
// alone. The copy of it that a mirror sends with the same context is another request: it
// has a header map of its own, for itself and for its response.
func TestSecondRequestOfAContext(t *testing.T) {
	f := start(t, sockets)
	f.names.Bind("/web", backend(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Target", r.URL.Path) }))
	in := &inbound.Request{ResponseHeader: http.Header{}}
	ctx := &inbound.Context{Context: t.Context(), Request: in}
	for i, path := range []string{"/first", "/second"} {
		r := with(ctx, request(t, "web"))
		r.URL.Path = path
		resp, err := f.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("X-Target"); got != path {
			t.Errorf("%s was answered for %s", path, got)
		}
		if got := in.ResponseHeader["X-Target"]; len(got) != 1 || got[0] != "/first" {
			t.Errorf("after %d: the first request's header has %q", i+1, got)
		}
	}
}
