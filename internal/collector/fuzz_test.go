package collector_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/openzipkin/zipkin-go/proto/zipkin_proto3"
	"google.golang.org/protobuf/proto"

	"github.com/meshhop/meshhop/internal/collector"
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

// FuzzJSON: a value is what encoding/json takes it for.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`"a"`, `"\ud83d\ude00\u0000\n\/"`, `"\ud83d\ud83d\ude00"`, `"\ude00\ud83dx"`, `"\ud83d\n"`, "\"\xff\xc3(\"", `-0.5e+7`, `01`, `1.`, `-`, `[1,{"a":[],"b":{}},null]`,
		`{"a":1,}`, `[,]`, `{"a" 1}`, `tru`, `"\x"`, "\"\x01\"", `[[[[]]]]`, ` { } `, `1 2`, `{"a":{"b":[{}]}}`, "\x00", `"\u12g4"`, `[1 2]`, `{1:2}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Count(value, "[")+strings.Count(value, "{") > 60 || len(value) > 32<<10 {
			return
		}
		c := fuzzed(t)
		code := ask(c, httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(`[{"traceId":"1","new":`+value+`,"id":"1"}]`))).Code
		var standard any
		err := json.Unmarshal([]byte(`{"traceId":"1","new":`+value+`,"id":"1"}`), &standard)
		if (err == nil) != (code == http.StatusAccepted) {
			t.Fatalf("%q: %d, but encoding/json says %v", value, code, err)
		}
		var text string
		if json.Unmarshal([]byte(value), &text) != nil || !utf8.ValidString(value) || value == "null" || strings.TrimSpace(value) == "null" {
			return
		}
		ask(c, httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(`[{"traceId":"2","id":"1","tags":{"a":`+value+`}}]`)))
		var spans []Span
		if err := json.Unmarshal(ask(c, httptest.NewRequest("GET", "/api/v2/trace/2", nil)).Body.Bytes(), &spans); err != nil || spans[0].Tags["a"] != text {
			t.Fatalf("%q: %+v, want %q", value, spans, text)
		}
	})
}

// FuzzProto: a body is what the generated code takes it for.
func FuzzProto(f *testing.F) {
	for form, text := range bombs(100) {
		if strings.HasPrefix(form, "proto") {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte(protoSpan("\x12\x08\x00\x00\x00\x00\x00\x00\x00\x05\x20\x02\x31\x07\x00\x00\x00\x00\x00\x00\x00\x38\x08\x60\x01\x68\x01\x2a\x01x\x5a\x06\x0a\x01k\x12\x01v\x7b\x08\x01\x7c\x52\x0c\x09\x01\x00\x00\x00\x00\x00\x00\x00\x12\x01w")))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 16<<10 || bytes.Count(body, []byte{0x7b}) > 50 {
			return
		}
		c := fuzzed(t)
		code := upload(c, "proto", body, false)
		var reference zipkin_proto3.ListOfSpans
		if err := proto.Unmarshal(body, &reference); err != nil {
			if code != http.StatusBadRequest && !strings.Contains(err.Error(), "UTF-8") {
				t.Fatalf("%q: %d, but protobuf says %v", body, code, err)
			}
			return
		}
		spans := []Span{}
		for _, s := range reference.Spans {
			span, ok := fromProto(s)
			if !ok {
				if code != http.StatusBadRequest {
					t.Fatalf("%q: %d for %v", body, code, s)
				}
				return
			}
			spans = append(spans, span)
		}
		if code != http.StatusAccepted {
			t.Fatalf("%q: %d, but protobuf reads %v", body, code, &reference)
		}
		asJSON, err := json.Marshal(spans)
		if err != nil {
			t.Fatal(err)
		}
		other := fuzzed(t)
		if upload(other, "JSON", asJSON, false) != http.StatusAccepted {
			t.Fatalf("%s is refused", asJSON)
		}
		if got, want := everything(c), everything(other); got != want {
			t.Fatalf("%q: got %s, want %s", body, got, want)
		}
	})
}

// fromProto is the span that the same span in JSON would be, if it is valid.
func fromProto(s *zipkin_proto3.Span) (Span, bool) {
	zero := func(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
	if len(s.TraceId) != 8 && len(s.TraceId) != 16 || zero(s.TraceId) || len(s.Id) != 8 || zero(s.Id) || len(s.ParentId) != 0 && len(s.ParentId) != 8 || s.Kind < 0 || s.Kind > 4 {
		return Span{}, false
	}
	micros := func(v uint64) int64 { return max(int64(v), 0) }
	out := Span{
		TraceID: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.Id), ParentID: hex.EncodeToString(s.ParentId), Name: s.Name,
		Timestamp: micros(s.Timestamp), Duration: micros(s.Duration), Tags: s.Tags, Debug: s.Debug, Shared: s.Shared,
	}
	if s.Kind != 0 {
		out.Kind = s.Kind.String()
	}
	for _, a := range s.Annotations {
		out.Annotations = append(out.Annotations, Annotation{micros(a.Timestamp), a.Value})
	}
	for _, e := range []struct {
		from *zipkin_proto3.Endpoint
		to   **Endpoint
	}{{s.LocalEndpoint, &out.Local}, {s.RemoteEndpoint, &out.Remote}} {
		if e.from == nil {
			continue
		}
		if e.from.Port > 65535 {
			return Span{}, false
		}
		to := &Endpoint{ServiceName: e.from.ServiceName, Port: int(max(e.from.Port, 0))}
		for _, b := range [][]byte{e.from.Ipv4, e.from.Ipv6} {
			ip, ok := netip.AddrFromSlice(b)
			switch ip = ip.Unmap(); {
			case len(b) == 0:
			case !ok:
				return Span{}, false
			case ip.Is4():
				to.IPv4 = ip.String()
			default:
				to.IPv6 = ip.String()
			}
		}
		*e.to = to
	}
	return out, true
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"serviceName=0.0.0.0%2F4140&spanName=all&annotationQuery=error+and+http.method%3DGET&minDuration=1&maxDuration=9&endTs=1700000001000&lookback=9&limit=10&sort=timestamp-asc",
		"endTs=9223372036854775807&lookback=9223372036854775807", "min=1.5s&max=9e9&from=2023-11-14T22:13&to=2023-11-14T22:13:21.5&after=1700000000000-1&sort=duration-asc", "min=-1us&max=NaN&from=x&after=-", "traceId=00000000000000010000000000000001",
		"a=1&b=1&from=-1", "path=critical&service=a&span=0000000000000002", "key=error", "limit=-1", "span=1&service=a&toggle=1,2&collapse=all&from=99999999999999999999", "%zz",
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
		for _, path := range []string{"/", "/api/v2/traces", "/api/v2/dependencies", "/api/v2/traceMany", "/traces/1", "/dependency", "/zipkin/", "/compare", "/api/v2/autocompleteValues", "/traces/1/download"} {
			w := ask(c, &http.Request{Method: "GET", URL: &url.URL{Path: path, RawQuery: q}, Header: http.Header{}, Host: "x"})
			if w.Code >= 500 {
				t.Fatalf("%s?%s: %d %s", path, q, w.Code, w.Body)
			}
		}
	})
}
