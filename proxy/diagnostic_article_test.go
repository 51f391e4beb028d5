package proxy_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
	"github.com/meshhop/meshhop/router"
)

// TestDiagnosticTraceArticle: the article on diagnostic tracing (2018), to the byte: a
// service that knows no TRACE and answers 500 after 12 ms, behind two hops of which the
// second is 3 ms away.
func TestDiagnosticTraceArticle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{t: t, at: map[string]*servetest.Network{}}
		names := new(resolvetest.Namer)
		names.Bind("/hello", "10.0.0.2:7777")
		routed := func(label, dtab string, by ...resolve.Transformer) http.Handler {
			interpreter, err := resolve.New(resolve.Config{
				Namers:       []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.fs"), Namer: names}},
				Transformers: by,
			})
			if err != nil {
				t.Fatal(err)
			}
			return h.handler(router.Config{
				Label: label, Dtab: resolve.MustDtab(dtab), Interpreter: interpreter, Identifier: router.PathSegments(1, false),
			})
		}
		port := transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141"))
		h.serve("10.0.0.1:4140", routed("outgoing", "/host => /#/io.l5d.fs; /svc => /host", port))
		incoming := routed("incoming", "/svc => /#/io.l5d.fs")
		h.serve("10.0.0.2:4141", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Millisecond)
			incoming.ServeHTTP(w, r)
		}))
		h.serve("10.0.0.2:7777", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(12 * time.Millisecond)
			http.Error(w, "Invalid response 500", http.StatusInternalServerError)
		}))
		ask, err := http.NewRequestWithContext(t.Context(), http.MethodTrace, "http://localhost:4140/hello", nil)
		if err != nil {
			t.Fatal(err)
		}
		ask.Header.Set("l5d-add-context", "true")
		resp, err := h.through("10.0.0.1:4140").RoundTrip(ask)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		const want = `Invalid response 500

--- Router: incoming ---
request duration: 12 ms
service name: /svc/hello
client name: /#/io.l5d.fs/hello
addresses: [10.0.0.2:7777]
selected address: 10.0.0.2:7777
dtab resolution:
  /svc/hello
  /#/io.l5d.fs/hello (/svc=>/#/io.l5d.fs)

--- Router: outgoing ---
request duration: 15 ms
service name: /svc/hello
client name: /%/io.l5d.port/4141/#/io.l5d.fs/hello
addresses: [10.0.0.2:4141]
selected address: 10.0.0.2:4141
dtab resolution:
  /svc/hello
  /host/hello (/svc=>/host)
  /#/io.l5d.fs/hello (/host=>/#/io.l5d.fs)
  /%/io.l5d.port/4141/#/io.l5d.fs/hello (PortTransformer)
`
		if diff := cmp.Diff(want, string(body)); diff != "" || err != nil || resp.StatusCode != http.StatusInternalServerError {
			t.Errorf("%d, %v: %s", resp.StatusCode, err, diff)
		}
	})
}
