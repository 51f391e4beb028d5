package resolve_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/transform"
)

// TestTrail: the names on the way to a replica set, and what led from each to the next.
func TestTrail(t *testing.T) {
	port := transform.Port(4141, resolve.MustPath("/%/port"))
	localhost, err := transform.Localhost(resolve.MustPath("/%/localhost"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		about, dtab, name, id, want string
		transformers                []resolve.Transformer
	}{
		{"rewritten twice", "/srv=>/#/n;/svc=>/srv", "/svc/ok", "/#/n/ok", "/svc/ok; /srv/ok (/svc=>/srv); /#/n/ok (/srv=>/#/n)", nil},
		{"a residual", "/svc=>/#/n/ok", "/svc/a/b", "/#/n/ok", "/svc/a/b; /#/n/ok/a/b (/svc=>/#/n/ok)", nil},
		{"an alternate that is not the first", "/svc=>/#/n/none | /#/n/ok", "/svc", "/#/n/ok", "/svc; /#/n/ok (/svc=>/#/n/none | /#/n/ok)", nil},
		{"one of two entries", "/svc=>/#/n;/svc=>/#/n/none", "/svc/ok", "/#/n/ok", "/svc/ok; /#/n/ok (/svc=>/#/n)", nil},
		{"a union", "/svc=>1*/#/n/ok & 2*/#/n/bar", "/svc", "/#/n/bar", "/svc; /#/n/bar (/svc=>/#/n/ok & 2*/#/n/bar)", nil},
		{"no rule", "", "/#/n/ok", "/#/n/ok", "/#/n/ok", nil},
		{"another set", "/svc=>/#/n", "/svc/ok", "/#/n/bar", "", nil},
		{"nothing", "/svc=>~", "/svc/ok", "/#/n/ok", "", nil},
		{"a namer that fails", "/svc=>/#/n/failed", "/svc", "/#/n/failed", "", nil},
		{"a transformer", "/svc=>/#/n", "/svc/ok", "/%/port/#/n/ok", "/svc/ok; /#/n/ok (/svc=>/#/n); /%/port/#/n/ok (PORT)", []resolve.Transformer{port}},
		{"two of them", "/svc=>/#/n", "/svc/ok", "/%/port/%/localhost/#/n/ok",
			"/svc/ok; /#/n/ok (/svc=>/#/n); /%/localhost/#/n/ok (LOCALHOST); /%/port/%/localhost/#/n/ok (PORT)", []resolve.Transformer{localhost, port}},
	} {
		t.Run(c.about, func(t *testing.T) {
			in, _ := scene(t, resolve.Config{Transformers: c.transformers})
			d, err := in.Delegate(t.Context(), resolve.MustDtab(c.dtab), resolve.MustPath(c.name))
			if err != nil {
				t.Fatal(err)
			}
			var steps []string
			for _, s := range d.Trail(resolve.MustPath(c.id)) {
				text := s.Path.String()
				if s.By != "" {
					text += " (" + s.By + ")"
				}
				steps = append(steps, text)
			}
			want := strings.NewReplacer("PORT", fmt.Sprint(port), "LOCALHOST", fmt.Sprint(localhost)).Replace(c.want)
			if got := strings.Join(steps, "; "); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
