package router_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestTraceByHTTP2: vectors 462 and 463, and where the context stands in a body.
func TestTraceByHTTP2(t *testing.T) {
	const none = "NONE"
	for _, row := range []struct {
		about    string
		left     string // max-forwards
		adds     string
		response *http.Response
		status   int
		before   string // the body, before the context
		context  bool
		trailer  string
	}{
		{"vector 462: a body with trailers", none, "true", streamed(these(" a ", "b\n"), "0", nil), 200, " a b\n", true, "0"},
		{"vector 462: no body", none, "true", empty(), 200, "", true, ""},
		{"vector 462: answered here", "0", "true", nil, 200, "", true, ""},
		{"vector 463: no number", "x", none, nil, 400, "Invalid value for max-forwards header", false, ""},
		{"vector 463: answered here, without the context", "0", none, nil, 200, "", false, ""},
		{"no context is asked for", none, none, streamed(these("a"), "0", nil), 200, "a", false, "0"},
	} {
		t.Run(row.about, func(t *testing.T) {
			f := start(t, over(func(*http.Request) (*http.Response, error) { return row.response, nil }))
			f.names.Bind("/web", "10.0.0.1:80")
			r := call(t, nil)
			r.Method = http.MethodTrace
			for name, value := range map[string]string{"max-forwards": row.left, "l5d-add-context": row.adds} {
				if value != none {
					r.Header.Set(name, value)
				}
			}
			resp, err := f.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			body, rest, found := strings.Cut(string(data), "\n--- Router: http ---\n")
			if err != nil || resp.StatusCode != row.status || body != row.before || found != row.context || resp.Trailer.Get("grpc-status") != row.trailer {
				t.Errorf("%d %q, trailers %v, %v", resp.StatusCode, data, resp.Trailer, err)
			}
			if found && (!strings.Contains(rest, "\nservice name: /svc/web\n") || !strings.HasSuffix(rest, "\n") || strings.HasSuffix(rest, "\n\n")) {
				t.Errorf("the context is %q", rest)
			}
			if length := resp.ContentLength; length >= 0 && length != int64(len(data)) {
				t.Errorf("%d bytes of %d", len(data), length)
			}
		})
	}
}

func empty() *http.Response {
	resp := answer(200, "")
	resp.Body = http.NoBody
	return resp
}
