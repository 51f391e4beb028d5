package h1_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/router/h1"
)

func BenchmarkGet(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/plain")
		h.Set("Cache-Control", "no-cache")
		h.Set("Etag", `"abc"`)
		h.Set("Server", "x")
		h.Set("X-A", "1")
		h.Set("X-B", "2")
		io.WriteString(w, strings.Repeat("x", 1024))
	}))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	t, err := h1.New(h1.Config{Addr: addr})
	if err != nil {
		b.Fatal(err)
	}
	defer t.Close()
	std := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}
	defer std.CloseIdleConnections()
	for _, c := range []struct {
		name string
		rt   http.RoundTripper
	}{{"h1", t}, {"nethttp", std}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			req, _ := http.NewRequestWithContext(b.Context(), "GET", server.URL+"/a/b?c=d", nil)
			req.Header.Set("L5d-Ctx-Trace", "abcd")
			req.Header.Set("X-Forwarded-For", "127.0.0.1")
			buf := make([]byte, 4096)
			for b.Loop() {
				resp, err := c.rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				if resp.StatusCode != 200 || resp.ContentLength != 1024 {
					b.Fatal(resp)
				}
				for err == nil {
					_, err = resp.Body.Read(buf)
				}
				resp.Body.Close()
			}
		})
	}
}
