package router_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/routerview"
)

// TestTallyOfConnections: a tally counts the open connections to all endpoints of a set,
// and says so when their transports count none.
func TestTallyOfConnections(t *testing.T) {
	open := func(f *fixture) (n int) {
		f.View().Tallies(func(routerview.Tally) {}, func(one routerview.Tally) { n = one.Set().Open })
		return n
	}
	ok := func(http.ResponseWriter, *http.Request) {}
	f := start(t, sockets)
	first := backend(t, ok)
	f.names.Bind("/web", first)
	f.mustAsk(t, request(t, "web"))
	if got := open(f); got != 1 {
		t.Errorf("%d connections are open after a request", got)
	}
	f = start(t)
	f.names.Bind("/web", "10.0.0.1:80")
	f.mustAsk(t, request(t, "web"))
	if got := open(f); got >= 0 {
		t.Errorf("%d connections are open, of transports that count none", got)
	}
}
