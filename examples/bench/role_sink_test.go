package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSinkCounts(t *testing.T) {
	const three = `[{"traceId":"1","id":"1"},{"traceId":"1","id":"2"},{"traceId":"1","id":"3","tags":{"x":"traceId"}}]`
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write([]byte(three))
	w.Close()
	for _, test := range []struct {
		about, body, encoding string
		status                int
		spans                 uint64
	}{
		{"as it is", three, "", http.StatusAccepted, 3},
		{"compressed", zipped.String(), "gzip", http.StatusAccepted, 3},
		{"nothing", "[]", "", http.StatusAccepted, 0},
		{"not JSON", `[{"traceId":`, "", http.StatusBadRequest, 0},
		{"not gzip", three, "gzip", http.StatusBadRequest, 0},
	} {
		t.Run(test.about, func(t *testing.T) {
			var count arrivals
			r := httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(test.body))
			if test.encoding != "" {
				r.Header.Set("Content-Encoding", test.encoding)
			}
			w := httptest.NewRecorder()
			count.ServeHTTP(w, r)
			if got := count.spans.Load(); w.Code != test.status || got != test.spans {
				t.Errorf("status %d and %d spans, want %d and %d", w.Code, got, test.status, test.spans)
			}
		})
	}
}
