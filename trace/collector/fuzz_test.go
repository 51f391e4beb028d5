package collector_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/trace/collector"
)

func fuzzed(t *testing.T) *collector.Collector {
	c, err := collector.New(collector.Config{MaxSpans: 100})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(c http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func everything(c http.Handler) string {
	return ask(c, httptest.NewRequest("GET", "/api/v2/traces?limit=100&endTs=9223372036854775807&lookback=9223372036854775807", nil)).Body.String()
}

func FuzzSpans(f *testing.F) {
	f.Add(`[{"traceId":"1","id":"1","kind":"SERVER","timestamp":5,"duration":6,"localEndpoint":{"serviceName":"a","ipv4":"1.2.3.4","port":80},"annotations":[{"timestamp":1,"value":"ws"}],"tags":{"error":"x"}}]`, false)
	f.Add(`[{"traceId":"1","id":"1","parentId":"2"},{"traceId":"1","id":"2","parentId":"1","shared":true}]`, false)
	f.Add(`[{"traceId":"1","id":"1","timestamp":9223372036854775807,"duration":9223372036854775807}]`, false)
	f.Add(`[{"traceId":"1","id":"1","tags":{"a":[[[{}]]]}}]`, false)
	f.Add("\x0a\x16\x0a\x08\x00\x00\x00\x00\x00\x00\x00\x01\x1a\x08\x00\x00\x00\x00\x00\x00\x00\x02\x20\x02", true)
	f.Fuzz(func(t *testing.T, body string, proto bool) {
		c := fuzzed(t)
		r := httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if proto {
			r.Header.Set("Content-Type", "application/x-protobuf")
		}
		if w := ask(c, r); w.Code != http.StatusAccepted && w.Code != http.StatusBadRequest {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		// What the API writes, it reads, and writes again. Cut texts are the
		// exception.
		if first := everything(c); len(body) < 32_000 && c.Stats().Evicted == 0 {
			var traces [][]json.RawMessage
			if err := json.Unmarshal([]byte(first), &traces); err != nil {
				t.Fatal(err, first)
			}
			again := fuzzed(t)
			for _, spans := range traces {
				text, _ := json.Marshal(spans)
				if w := ask(again, httptest.NewRequest("POST", "/api/v2/spans", bytes.NewReader(text))); w.Code != http.StatusAccepted {
					t.Fatalf("%d %s for %s", w.Code, w.Body, text)
				}
			}
			if second := everything(again); first != second {
				t.Fatalf("wrote %s, then %s", first, second)
			}
		}
		for _, path := range []string{"/?endTs=9223372036854775807&lookback=9223372036854775807", "/dependency?lookback=9223372036854775807&endTs=9223372036854775807", "/traces/1", "/traces/1?span=0000000000000001"} {
			if w := ask(c, httptest.NewRequest("GET", path, nil)); w.Code >= 500 {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"serviceName=0.0.0.0%2F4140&spanName=all&annotationQuery=error+and+http.method%3DGET&minDuration=1&maxDuration=9&endTs=1700000001000&lookback=9&limit=10&sort=timestamp-asc",
		"endTs=9223372036854775807&lookback=9223372036854775807", "limit=-1", "span=1&service=a&toggle=1,2&collapse=all&from=99999999999999999999", "%zz",
	} {
		f.Add(seed)
	}
	c, err := collector.New(collector.Config{})
	if err != nil {
		f.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(`[{"traceId":"1","id":"1","timestamp":1700000000000000,"duration":5,"localEndpoint":{"serviceName":"0.0.0.0/4140"},"tags":{"error":""}},{"traceId":"1","id":"2","parentId":"1"}]`))
	if w := ask(c, r); w.Code != http.StatusAccepted {
		f.Fatal(w.Body)
	}
	f.Fuzz(func(t *testing.T, q string) {
		for _, path := range []string{"/", "/api/v2/traces", "/api/v2/dependencies", "/api/v2/traceMany", "/traces/1", "/dependency", "/zipkin/"} {
			w := ask(c, &http.Request{Method: "GET", URL: &url.URL{Path: path, RawQuery: q}, Header: http.Header{}, Host: "x"})
			if w.Code >= 500 {
				t.Fatalf("%s?%s: %d %s", path, q, w.Code, w.Body)
			}
		}
	})
}
