package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

// A router knows where the entries of its dtab stand in the file.
func TestDtabPlaces(t *testing.T) {
	const head, tail = "routers:\n- protocol: http\n", "  servers:\n  - port: 0\n"
	for _, row := range []struct {
		name, dtab string
		want       []string
	}{
		{"block", "  dtab: |\n    # first\n    /srv => /a ; /x => /b ;\n\n      /svc =>\n        /srv;\n", []string{"f:5:5", "f:5:18", "f:7:7"}},
		{"one line", "  dtab: /a => /b ; /c => /d\n", []string{"f:3:9", "f:3:20"}},
		{"in quotes", "  dtab: \"/a => /b;/c => /d\"\n", []string{"f:3:10", "f:3:19"}},
		{"folded", "  dtab: >\n    /a => /b ;\n    /c => /d\n", []string{"f:4:5", "f:5:5"}},
		{"none", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := build(t, head+row.dtab+tail, config.Builtin(), config.BuildOptions{}).Routers[0]
			got := r.View().ExplainName(t.Context(), resolve.MustPath("/svc/x"), nil)
			if diff := cmp.Diff(row.want, got.Places); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
	r := build(t, head+"  dtab: "+strings.Repeat("/a=>/b;", 3000)+"\n"+tail, config.Builtin(), config.BuildOptions{}).Routers[0]
	got := r.View().ExplainName(t.Context(), resolve.MustPath("/svc/x"), nil)
	if len(got.Places) != 1000 {
		t.Errorf("%d of 3000 entries have a place, want 1000", len(got.Places))
	}
}
