package router_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/resolve"
)

// TestTraffic: a router says what went over the connections to each replica set.
func TestTraffic(t *testing.T) {
	f := start(t, sockets)
	addr := backend(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	f.names.Bind("/web", addr)
	f.names.Bind("/other", addr)
	f.mustAsk(t, request(t, "web"))
	f.mustAsk(t, request(t, "web"))
	f.mustAsk(t, request(t, "other"))
	all := f.View().Traffic()
	web, other := all[resolve.MustPath("/#/fake/web")], all[resolve.MustPath("/#/fake/other")]
	if len(all) != 2 || web.Opened != 1 || other.Opened != 1 || web.Closed != 0 {
		t.Errorf("%+v", all)
	}
	if other.Received == 0 || web.Received != 2*other.Received || web.Sent == 0 {
		t.Errorf("two requests received %d bytes, one %d", web.Received, other.Received)
	}
}
