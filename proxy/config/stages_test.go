package config_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// tag adds its text to the header Tags of requests.
type tag string

func (t tag) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Add("Tags", string(t))
	return next.RoundTrip(r)
}

// tags is a kind of stages that adds the value of its key tag, and the name that it was
// made for; of the name that is its key not it has no stage.
func tags(d *config.Decoder) (config.Part[func(resolve.Path) router.Stage], error) {
	text, not := d.Text("tag", ""), d.Text("not", "")
	if text == "bad" {
		return nil, errors.New("has a bad tag")
	}
	return config.Ready(func(name resolve.Path) router.Stage {
		if name.String() == not {
			return nil
		}
		return tag(text + name.String())
	}), nil
}

func TestStages(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Join(r.Header["Tags"], " "))
	}))
	defer backend.Close()
	_, port, _ := strings.Cut(backend.Listener.Addr().String(), ":")
	kinds := config.Builtin()
	kinds.Stages["tags"] = tags
	set := "/$/inet/127.0.0.1/" + port
	mesh := build(t, `
routers:
- protocol: http
  dtab: /svc => `+set+`
  servers: [{port: 0}]
  service:
    kind: io.l5d.static
    configs:
    - {prefix: /svc, stages: [{kind: tags, tag: a}, {kind: tags, tag: b, not: /svc/one}]}
    - {prefix: /svc/other, stages: [{kind: tags, tag: c}]}
    - {prefix: /svc/none, stages: []}
    - {prefix: /svc/none, totalTimeoutMs: 60000}
  client: {stages: [{kind: tags, tag: d}]}
`, kinds, config.BuildOptions{})
	for host, want := range map[string]string{
		"web":   "a/svc/web b/svc/web d" + set,
		"one":   "a/svc/one d" + set,
		"other": "c/svc/other d" + set,
		"none":  "d" + set,
	} {
		r := httptest.NewRequest("GET", "http://"+host+"/", nil)
		w := httptest.NewRecorder()
		mesh.Servers[0].Handler.ServeHTTP(w, r)
		if got := w.Body.String(); got != want {
			t.Errorf("%s: the stages are %q, want %q", host, got, want)
		}
	}
}

func TestStagesErrors(t *testing.T) {
	const file = `
routers:
- protocol: http
  servers: [{port: 0}]
  service: {stages: [{kind: tagz}, {kind: tags, tga: x}, {kind: tags, tag: bad}]}
  client: {stages: {kind: tags}}
`
	kinds := config.Builtin()
	_, err := config.Load("f", []byte(file), kinds)
	want := []string{
		`f:5:29: routers[0].service.stages[0].kind: unknown kind "tagz"; available: none`,
		`f:5:43: routers[0].service.stages[1].kind: unknown kind "tags"; available: none`,
		`f:5:65: routers[0].service.stages[2].kind: unknown kind "tags"; available: none`,
		`f:6:20: routers[0].client.stages: must be a list, not a group of keys`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("without the kind (-want +got):\n%s", diff)
	}
	kinds.Stages["tags"] = tags
	_, err = config.Load("f", []byte(file), kinds)
	want = []string{
		`f:5:29: routers[0].service.stages[0].kind: unknown kind "tagz" (did you mean "tags"?)`,
		`f:5:49: routers[0].service.stages[1].tga: unknown key (did you mean "tag"?)`,
		`f:5:65: routers[0].service.stages[2]: has a bad tag`,
		`f:6:20: routers[0].client.stages: must be a list, not a group of keys`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("with the kind (-want +got):\n%s", diff)
	}
}
