package router_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestHostsThatDoNotExist: the error of a set of hosts without addresses names
// them, and so does its explanation, before a request came and after.
func TestHostsThatDoNotExist(t *testing.T) {
	f := start(t)
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{
		Status: resolve.OK, Value: resolve.Replicas{Neg: true, Unresolved: "app01: no such host"},
	})
	check := func(about string, err error) {
		t.Helper()
		failed := asError(t, err)
		if failed.Kind != router.NoReplicas || !strings.Contains(err.Error(), "/#/fake/web: app01: no such host") {
			t.Errorf("%s: %v", about, err)
		}
		if !strings.Contains(failed.Explained, "app01: no such host") {
			t.Errorf("%s: explained as %s", about, failed.Explained)
		}
	}
	check("explained", f.View().Explain(request(t, "web")).Err)
	_, err := f.ask(request(t, "web"))
	check("asked", err)
	e := f.View().Explain(request(t, "web"))
	check("explained again", e.Err)
	if got := e.Targets[0].Replicas.Value.Unresolved; !e.Cached || got != "app01: no such host" {
		t.Errorf("cached %t, %q", e.Cached, got)
	}
}
