package collector_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openzipkin/zipkin-go/proto/zipkin_proto3"
	"google.golang.org/protobuf/proto"

	"github.com/meshhop/meshhop/internal/collector"
)

func TestRejectedBodies(t *testing.T) {
	ok := `{"traceId":"1","id":"1"}`
	for _, row := range []struct {
		name, contentType, encoding, body string
		status                            int
		says                              string
	}{
		{"empty list", "application/json", "", "[]", 202, ""},
		{"empty body", "application/json", "", "", 202, ""},
		{"no content type", "", "", "[" + ok + "]", 202, ""},
		{"charset", "application/json; charset=utf-8", "", "[" + ok + "]", 202, ""},
		{"unknown fields", "application/json", "", `[{"traceId":"1","id":"1","new":{"a":[1]}}]`, 202, ""},
		{"quoted numbers", "application/json", "", `[{"traceId":"1","id":"1","timestamp":"5","localEndpoint":{"port":"80"}}]`, 202, ""},
		{"nulls", "application/json", "", `[{"traceId":"1","id":"1","parentId":null,"timestamp":null,"tags":null,"localEndpoint":null}]`, 202, ""},
		{"type", "text/plain", "", "[]", 415, "content type"},
		{"encoding", "application/json", "br", "[]", 415, "content encoding"},
		{"not gzip", "application/json", "gzip", "[]", 400, "decompressed"},
		{"object", "application/json", "", ok, 400, "must start with ["},
		{"no JSON", "application/json", "", "hello", 400, "not JSON"},
		{"cut off", "application/json", "", "[" + ok, 400, "after span 1"},
		{"more", "application/json", "", "[" + ok + "] []", 400, "after the end"},
		{"string", "application/json", "", `["a"]`, 400, "span 1"},
		{"version 1", "application/json", "", `[{"traceId":"1","id":"1","binaryAnnotations":[]}]`, 400, "version 1"},
		{"trace id missing", "application/json", "", "[" + ok + `,{"id":"1"}]`, 400, "span 2 of the list, field traceId"},
		{"trace id zero", "application/json", "", `[{"traceId":"0000","id":"1"}]`, 400, "field traceId: is all zeros"},
		{"trace id long", "application/json", "", `[{"traceId":"` + strings.Repeat("a", 33) + `","id":"1"}]`, 400, "33 digits"},
		{"trace id no hex", "application/json", "", `[{"traceId":"+1","id":"1"}]`, 400, "not hexadecimal"},
		{"id zero", "application/json", "", `[{"traceId":"1","id":"0"}]`, 400, "field id"},
		{"id long", "application/json", "", `[{"traceId":"1","id":"00000000000000001"}]`, 400, "17 digits"},
		{"parent", "application/json", "", `[{"traceId":"1","id":"1","parentId":"x"}]`, 400, "field parentId"},
		{"kind", "application/json", "", `[{"traceId":"1","id":"1","kind":"server"}]`, 400, "field kind"},
		{"timestamp", "application/json", "", `[{"traceId":"1","id":"1","timestamp":1.5}]`, 400, "field timestamp"},
		{"timestamp object", "application/json", "", `[{"traceId":"1","id":"1","timestamp":{}}]`, 400, "field timestamp"},
		{"port", "application/json", "", `[{"traceId":"1","id":"1","localEndpoint":{"port":65536}}]`, 400, "field localEndpoint.port"},
		{"service", "application/json", "", `[{"traceId":"1","id":"1","localEndpoint":{"serviceName":1}}]`, 400, "field localEndpoint.serviceName"},
		{"annotation", "application/json", "", `[{"traceId":"1","id":"1","annotations":[{"value":"a"}]}]`, 400, "field annotations[0]"},
		{"tag", "application/json", "", `[{"traceId":"1","id":"1","tags":{"a":null}}]`, 400, `field tags["a"]`},
		{"deep enough", "application/json", "", `[{"traceId":"1","id":"1","x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}]", 202, ""},
		{"too deep", "application/json", "", `[{"traceId":"1","id":"1","x":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + "}]", 400, "deeper than 64 levels"},
		{"deep", "application/json", "", `[{"traceId":"1","id":"1","x":` + strings.Repeat("[", 100_000), 400, "span 1"},
		{"proto", "application/x-protobuf", "", "\x0a\x05ab", 400, "span 1"},
		{"proto tag", "application/x-protobuf", "", "\xff", 400, "not a protobuf list"},
		{"proto empty span", "application/x-protobuf", "", "\x0a\x00", 400, "field trace_id"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, collector.Config{})
			status, text, _ := s.do("POST", "/api/v2/spans", row.contentType, row.encoding, []byte(row.body))
			if status != row.status {
				t.Errorf("status %d, want %d: %s", status, row.status, text)
			}
			contains(t, text, row.says)
			if row.status >= 400 && s.c.Stats().Spans != 0 {
				t.Error("a refused body left spans behind")
			}
		})
	}
}

func TestBodyBound(t *testing.T) {
	s := start(t, collector.Config{MaxBodyBytes: 1000})
	long := []byte("[" + strings.Repeat(" ", 1000) + "]")
	for _, encoding := range []string{"", "gzip"} {
		body := long
		if encoding == "gzip" {
			body = compress(t, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, long)
		}
		status, text, _ := s.do("POST", "/api/v2/spans", "application/json", encoding, body)
		if status != http.StatusRequestEntityTooLarge {
			t.Errorf("%q: status %d, want 413", encoding, status)
		}
		contains(t, text, "1000 bytes")
	}
	if n := s.c.Stats().Rejected.TooLarge; n != 2 {
		t.Errorf("Rejected.TooLarge is %d, want 2", n)
	}
}

func compress(t *testing.T, to func(io.Writer) io.WriteCloser, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := to(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCompressedBodies(t *testing.T) {
	for i, row := range []struct {
		encoding string
		to       func(io.Writer) io.WriteCloser
	}{
		{"gzip", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }},
		{"deflate", func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }},
		{"deflate", func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f }},
	} {
		s := start(t, collector.Config{})
		body := compress(t, row.to, []byte(`[{"traceId":"a","id":"b"}]`))
		if status, text, _ := s.do("POST", "/api/v2/spans", "application/json", row.encoding, body); status != 202 {
			t.Errorf("%d %s: %d %s", i, row.encoding, status, text)
		}
		same(t, row.encoding, fetch[[]Span](s, "/api/v2/trace/a"), []Span{{TraceID: "000000000000000a", ID: "000000000000000b"}})
	}
}

func TestNormalForm(t *testing.T) {
	s := start(t, collector.Config{})
	status, text := s.postJSON(`[{"traceId":"0AB","id":"CD","parentId":"cd","kind":"CLIENT","shared":true,"debug":true,
		"name":"GET /X","timestamp":1.7e15,"duration":-3,
		"localEndpoint":{"serviceName":"Web/A%#$","ipv4":"nonsense","ipv6":"::FFFF:1.2.3.4","port":80},
		"remoteEndpoint":{"ipv6":"2001:DB8:0:0::1"},
		"annotations":[{"timestamp":9,"value":"b"},{"timestamp":3,"value":"a"},{"timestamp":9,"value":"b"}],
		"tags":{"n":1.5,"a":"<&>"}}]`)
	if status != 202 {
		t.Fatal(status, text)
	}
	same(t, "span", fetch[[]Span](s, "/api/v2/trace/ab"), []Span{{
		TraceID: "00000000000000ab", ID: "00000000000000cd", Kind: "CLIENT", Name: "get /x", Debug: true,
		Timestamp: 1_700_000_000_000_000,
		Local:     &Endpoint{ServiceName: "web/a%#$", IPv4: "1.2.3.4", Port: 80},
		Remote:    &Endpoint{IPv6: "2001:db8::1"},
		Annotations: []Annotation{
			{3, "a"}, {9, "b"},
		},
		Tags: map[string]string{"n": "1.5", "a": "<&>"},
	}})
	same(t, "names", fetch[[]string](s, query("/api/v2/spans", "serviceName", "WEB/A%#$")), []string{"get /x"})
}

func TestProto3(t *testing.T) {
	body, err := proto.Marshal(&zipkin_proto3.ListOfSpans{Spans: []*zipkin_proto3.Span{{
		TraceId: append(make([]byte, 7), 9, 0, 0, 0, 0, 0, 0, 0, 1), Id: []byte{0, 0, 0, 0, 0, 0, 0, 2}, ParentId: make([]byte, 8),
		Kind: zipkin_proto3.Span_SERVER, Name: "Get", Timestamp: 5, Duration: 6, Shared: true,
		LocalEndpoint:  &zipkin_proto3.Endpoint{ServiceName: "Web", Ipv4: []byte{1, 2, 3, 4}, Port: 80},
		RemoteEndpoint: &zipkin_proto3.Endpoint{Ipv6: append(make([]byte, 15), 1)},
		Annotations:    []*zipkin_proto3.Annotation{{Timestamp: 7, Value: "x"}},
		Tags:           map[string]string{"k": "v"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, collector.Config{})
	if status, text, _ := s.do("POST", "/api/v2/spans", "application/x-protobuf", "", body); status != 202 {
		t.Fatal(status, text)
	}
	same(t, "span", fetch[[]Span](s, "/api/v2/trace/00000000000000090000000000000001"), []Span{{
		TraceID: "00000000000000090000000000000001", ID: "0000000000000002", Kind: "SERVER", Name: "get",
		Timestamp: 5, Duration: 6, Shared: true,
		Local: &Endpoint{ServiceName: "web", IPv4: "1.2.3.4", Port: 80}, Remote: &Endpoint{IPv6: "::1"},
		Annotations: []Annotation{{7, "x"}}, Tags: map[string]string{"k": "v"},
	}})
}

func TestOversizedSpanIsCut(t *testing.T) {
	s := start(t, collector.Config{})
	tags := map[string]string{"huge": strings.Repeat("é", 40_000)}
	for i := range 600 {
		tags[fmt.Sprintf("t%03d", i)] = "x"
	}
	var annotations []Annotation
	for i := range 2000 {
		annotations = append(annotations, Annotation{int64(i + 1), "x"})
	}
	s.post(Span{TraceID: "1", ID: "1", Tags: tags, Annotations: annotations})
	got := fetch[[]Span](s, "/api/v2/trace/1")[0]
	if n := len(got.Tags); n != 512 {
		t.Errorf("%d tags, want 512", n)
	}
	if n := len(got.Annotations); n != 1024 {
		t.Errorf("%d annotations, want 1024", n)
	}
	if v := got.Tags["huge"]; len(v) > 33_000 || !strings.HasSuffix(v, "é…") {
		t.Errorf("a huge tag has %d bytes and ends in %q", len(v), v[len(v)-8:])
	}
	if n := s.c.Stats().Cut; n != 1 {
		t.Errorf("Cut is %d, want 1", n)
	}
}

func TestClose(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	if err := s.c.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.postJSON("[]"); status != http.StatusServiceUnavailable {
		t.Errorf("POST after Close: %d, want 503", status)
	}
	if n := s.c.Stats().Spans; n != 0 {
		t.Errorf("%d spans after Close", n)
	}
}

// TestForeignPages: no page of another site can have a browser post spans or
// read any, be it by a name that it made resolve to this machine.
func TestForeignPages(t *testing.T) {
	const post, get = "POST http://%s/api/v2/spans", "GET http://%s/api/v2/services"
	for _, row := range []struct {
		name, what, host string
		loopback         bool
		header           http.Header
		refused          bool
	}{
		{"a tracer", post, "zipkin", true, nil, false},
		{"a page of another site", post, "127.0.0.1:9411", true, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://evil.example"}}, true},
		{"a page of another site without Origin", post, "127.0.0.1:9411", true, http.Header{"Sec-Fetch-Site": {"cross-site"}}, true},
		{"a page of a site with the same domain", post, "127.0.0.1:9411", false, http.Header{"Sec-Fetch-Site": {"same-site"}}, true},
		{"an old browser", post, "127.0.0.1:9411", false, http.Header{"Origin": {"http://evil.example"}}, true},
		{"a file", post, "127.0.0.1:9411", true, http.Header{"Origin": {"null"}}, true},
		{"a page of this server", post, "localhost:9411", true, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://localhost:9411"}}, false},
		{"a page whose name was rebound", post, "evil.example:9411", true, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://evil.example:9411"}}, true},
		{"a page whose name was rebound, elsewhere", post, "evil.example:9411", false, http.Header{"Origin": {"http://evil.example:9411"}}, true},
		{"a known name", post, "traces.example", true, http.Header{"Origin": {"http://traces.example"}}, false},
		{"reading", get, "127.0.0.1:9411", true, nil, false},
		{"reading by a known name", get, "Traces.example:80", true, nil, false},
		{"reading by a name that was rebound", get, "evil.example:9411", true, nil, true},
		{"reading elsewhere", get, "zipkin.svc:9411", false, nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := collector.New(collector.Config{Hosts: []string{"traces.example"}})
			if err != nil {
				t.Fatal(err)
			}
			method, url, _ := strings.Cut(fmt.Sprintf(row.what, row.host), " ")
			r := httptest.NewRequest(method, url, strings.NewReader(`[{"traceId":"1","id":"1"}]`))
			local := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 9411}
			if row.loopback {
				local.IP = net.IPv4(127, 0, 0, 1)
			}
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
			for name, values := range row.header {
				r.Header[name] = values
			}
			w := ask(c, r)
			if refused := w.Code == http.StatusForbidden; refused != row.refused || !refused && w.Code > 202 {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			s := c.Stats()
			if n := s.Rejected.CrossSite + s.ForeignHost; n != uint64(btoi(row.refused)) {
				t.Errorf("%d are counted: %+v", n, s)
			}
			if row.refused && s.Spans > 0 {
				t.Error("it is stored")
			}
		})
	}
	if _, err := collector.New(collector.Config{Hosts: []string{"http://a"}}); err == nil {
		t.Error("a URL is taken for a host")
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestDuplicateTags: the last tag of a name counts, as in any JSON object.
func TestDuplicateTags(t *testing.T) {
	s := start(t, collector.Config{})
	s.postJSON(`[{"traceId":"1","id":"1","tags":{"b":"1","a":"2","b":"3"},"annotations":[{"timestamp":1,"value":"x"}],"annotations":[{"value":"y","timestamp":"2"}]}]`)
	got := fetch[[]Span](s, "/api/v2/trace/1")[0]
	same(t, "tags", got.Tags, map[string]string{"a": "2", "b": "3"})
	same(t, "annotations", got.Annotations, []Annotation{{1, "x"}, {2, "y"}})
	s.postJSON(`[{"traceId":"1","id":"1","tags":{"a":"2","b":"3"},"annotations":[{"timestamp":2,"value":"y"},{"timestamp":1,"value":"x"}]}]`)
	if n := s.c.Stats().Duplicates; n != 1 {
		t.Errorf("%d duplicates, want 1: it is the same span", n)
	}
}

// TestSpanText: the tags and annotations of one span have a bound together.
func TestSpanText(t *testing.T) {
	s := start(t, collector.Config{})
	span := Span{TraceID: "1", ID: "1", Tags: map[string]string{}}
	for i := range 20 {
		span.Tags[fmt.Sprint("t", i)] = strings.Repeat("x", 20<<10)
		span.Annotations = append(span.Annotations, Annotation{int64(i + 1), strings.Repeat("y", 20<<10)})
	}
	s.post(span)
	got := fetch[[]Span](s, "/api/v2/trace/1")[0]
	if n := len(got.Tags) + len(got.Annotations); n != 12 {
		t.Errorf("%d of 40 texts of 20 KiB are kept, want the 12 that 256 KiB have room for", n)
	}
	if n := s.c.Stats().Cut; n != 1 {
		t.Errorf("Cut is %d, want 1", n)
	}
}
