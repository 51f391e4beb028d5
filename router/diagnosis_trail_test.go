package router_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestDiagnosisTrail: the context that a TRACE gathers has the steps from the name to the
// replica set, one a line, each with the entry that led there.
func TestDiagnosisTrail(t *testing.T) {
	for accept, want := range map[string]string{
		"text/plain":       "dtab resolution:\n  /svc/web\n  /host/web (/svc=>/host)\n  /#/fake/web (/host=>/#/fake)\n",
		"application/json": `"resolution":[{"name":"/svc/web"},{"name":"/host/web","by":"/svc=>/host"},{"name":"/#/fake/web","by":"/host=>/#/fake"}]`,
	} {
		f := start(t, func(c *router.Config) { c.Dtab = resolve.MustDtab("/host => /#/fake ; /svc => /host") })
		f.names.Bind("/web", "10.0.0.1:80")
		r := request(t, "web")
		r.Method = "TRACE"
		r.Header.Set("Max-Forwards", "0")
		r.Header.Set("l5d-add-context", "true")
		r.Header.Set("Accept", accept)
		if got := f.mustAsk(t, r); !strings.Contains(got, want) {
			t.Errorf("%s, want %s in it", got, want)
		}
	}
}
