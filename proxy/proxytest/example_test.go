package proxytest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/trace"
)

// A service behind a proxy, and the spans of a request to it.
func ExampleStart() {
	test := func(t testing.TB) {
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "Hello, "+r.Host)
		}))
		t.Cleanup(service.Close)

		in := proxytest.Listen(t)
		mesh := proxytest.Options{On: []*proxytest.Listener{in}}.Start(t, fmt.Sprintf(`
routers:
- protocol: http
  label: incoming
  dtab: /svc/hello => /$/inet/127.0.0.1/%s
  servers: [{port: %d}]
`, service.URL[len("http://127.0.0.1:"):], in.Port))

		resp, err := mesh.Client("incoming").Get("http://hello/")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%s\n", body)
		spans := mesh.Wait(2)
		slices.SortFunc(spans, func(a, b *trace.Record) int { return a.Start.Compare(b.Start) })
		for _, span := range spans {
			fmt.Println(span.Kind, span.Name)
		}
	}
	run(test)
	// Output:
	// Hello, hello
	// server incoming /svc/hello
	// client GET /
}
