package accesslog

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/record"
)

// epiphany is the time of Linkerd's test (AccessLoggerTest.scala).
func epiphany() time.Time { return time.Date(2016, 1, 6, 21, 21, 26, 0, time.UTC) }

func gmt() *time.Location { return time.FixedZone("GMT", 0) }

func line(e entry, zone *time.Location) string {
	c := newClocks()
	return strings.TrimSuffix(string(e.append(nil, &c, zone)), "\n")
}

// TestLinkerdLine (vector 138, and the line of a real Linkerd).
func TestLinkerdLine(t *testing.T) {
	for _, row := range []struct {
		name   string
		record record.Record
		zone   *time.Location
		want   string
	}{
		{
			"vector 138",
			record.Record{Method: "HEAD", Authority: "monkeys", Target: "/foo?bar=bah", Proto: "HTTP/1.1", Remote: netip.MustParseAddrPort("0.0.0.0:1"), Status: 402, Announced: "304374"},
			gmt(), `monkeys 0.0.0.0 - - [06/01/2016:21:21:26 GMT] "HEAD /foo?bar=bah HTTP/1.1" 402 304374 "-" "-"`,
		},
		{
			"vector 360",
			record.Record{Method: "GET", Authority: "web", Target: "/a?b", Proto: "HTTP/2.0", Remote: netip.MustParseAddrPort("10.0.0.1:1"), Status: 200},
			time.FixedZone("+0000", 0), `web 10.0.0.1 - - [06/01/2016:21:21:26 +0000] "GET /a?b HTTP/2" 200 - "-" "-"`,
		},
		{
			"all that there is",
			record.Record{Method: "post", Authority: "web", Target: "/asked", SentTarget: "/", Proto: "HTTP/1.1", Remote: netip.MustParseAddrPort("127.0.0.1:1"), Status: 200, Announced: "11", Referer: "http://r/", UserAgent: "my ua"},
			time.UTC, `web 127.0.0.1 - - [06/01/2016:21:21:26 UTC] "POST / HTTP/1.1" 200 11 "http://r/" "my ua"`,
		},
		{
			"a stream, without Host, over IPv6",
			record.Record{Method: "GET", Target: "/", Proto: "HTTP/1.0", Remote: netip.MustParseAddrPort("[::1]:1"), Status: 200},
			time.UTC, `- ::1 - - [06/01/2016:21:21:26 UTC] "GET / HTTP/1.0" 200 - "-" "-"`,
		},
		{
			"a request line that did not come",
			record.Record{Proto: "HTTP/1.1", Remote: netip.MustParseAddrPort("10.0.0.1:1"), Status: 414},
			time.UTC, `- 10.0.0.1 - - [06/01/2016:21:21:26 UTC] "-" 414 - "-" "-"`,
		},
		{
			"what would break the line",
			record.Record{Method: "G\"T", Authority: "a b", Target: "/\x7f\xff", Proto: "HTTP/1.1", Status: 200, Announced: "1 2", Referer: "\r\n\t\b\v\x01", UserAgent: `"\%s`},
			time.UTC, `a\x20b - - - [06/01/2016:21:21:26 UTC] "G\"T /\x7f\xff HTTP/1.1" 200 1\x202 "\r\n\t\b\v\x01" "\"\\%s"`,
		},
	} {
		row.record.Start, row.record.Head = epiphany().Add(-time.Second), time.Second
		if got := line(entry{&row.record, Linkerd, true}, row.zone); got != row.want {
			t.Errorf("%s:\n%s, want\n%s", row.name, got, row.want)
		}
	}
}

// TestRequestLines: the line of a whole request has its end, what the client asked and
// the bytes that it got.
func TestRequestLines(t *testing.T) {
	r := record.Record{
		Start: epiphany(), End: 2 * time.Second, Method: "GET", Authority: "web", Target: "/asked", SentTarget: "/", Proto: "HTTP/1.1",
		Remote: netip.MustParseAddrPort("10.0.0.1:99"), Status: 200, Announced: "9", BytesOut: 7,
	}
	zone := time.FixedZone("CET", 3600)
	if got, want := line(entry{&r, Linkerd, false}, zone), `web 10.0.0.1 - - [06/01/2016:22:21:28 CET] "GET /asked HTTP/1.1" 200 7 "-" "-"`; got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if got, want := line(entry{&r, Combined, false}, zone), `10.0.0.1 - - [06/Jan/2016:22:21:26 +0100] "GET /asked HTTP/1.1" 200 7 "-" "-"`; got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if r.BytesOut = 0; !strings.HasSuffix(line(entry{&r, Combined, false}, zone), ` 200 - "-" "-"`) {
		t.Error(line(entry{&r, Combined, false}, zone))
	}
}

// TestJSONLine: a line is an object with what is known.
func TestJSONLine(t *testing.T) {
	r := record.Record{
		Router: "outgoing", Server: "0.0.0.0/4140", Remote: netip.MustParseAddrPort("10.0.0.1:99"), Method: "GET", Authority: "web", Target: "/\"\\\n\x01\x7f\xffé",
		Proto: "HTTP/1.1", UserAgent: "ua", Referer: "r", Start: epiphany().Add(1234567 * time.Nanosecond), BytesIn: 1,
		Trace: oteltrace.TraceID{15: 7}, Span: oteltrace.SpanID{7: 8}, Sampled: true,
		Service: "/svc/web", Client: "/#/io.l5d.fs/web", Endpoint: netip.MustParseAddrPort("[fd00::1]:80"),
		Attempts: 2, Again: "status 500", Sent: time.Millisecond, Head: 3 * time.Millisecond, Status: 502, Announced: "5", GRPCStatus: "14",
		End: 5500 * time.Microsecond, BytesOut: 2, Left: true, Kind: "request", Err: strings.Repeat("x", 2000),
		TLS: &tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{{Subject: pkix.Name{CommonName: "me"}}}},
	}
	whole := map[string]any{
		"time": "2016-01-06T21:21:26.001Z", "router": "outgoing", "server": "0.0.0.0/4140", "service": "/svc/web", "client": "/#/io.l5d.fs/web",
		"endpoint": "[fd00::1]:80", "remote": "10.0.0.1:99", "method": "GET", "authority": "web", "path": "/\"\\\n\x01\x7f\ufffdé", "proto": "HTTP/1.1",
		"status": 502.0, "bytes_in": 1.0, "bytes_out": 2.0, "duration_ms": 5.5, "ttfb_ms": 3.0, "attempts": 2.0, "retry_reason": "status 500",
		"failed": "request", "l5d_err": strings.Repeat("x", 1024), "left": true, "grpc_status": "14",
		"trace_id": "00000000000000000000000000000007", "span_id": "0000000000000008", "sampled": true, "reqid": "0000000000000007",
		"user_agent": "ua", "referer": "r", "tls_version": "TLS 1.3", "peer": "CN=me",
	}
	attempt := maps.Clone(whole)
	for _, name := range []string{"bytes_in", "ttfb_ms", "failed", "l5d_err", "left"} {
		delete(attempt, name)
	}
	attempt["bytes_out"], attempt["duration_ms"] = 5.0, 2.0
	for _, row := range []struct {
		entry entry
		want  map[string]any
	}{
		{entry{&r, JSON, false}, whole},
		{entry{&r, JSON, true}, attempt},
		{entry{&record.Record{Start: epiphany()}, JSON, false}, map[string]any{
			"time": "2016-01-06T21:21:26.000Z", "status": 0.0, "bytes_in": 0.0, "bytes_out": 0.0, "duration_ms": 0.0, "attempts": 0.0,
		}},
		{entry{&record.Record{Start: epiphany(), Announced: "-1"}, JSON, true}, map[string]any{
			"time": "2016-01-06T21:21:26.000Z", "status": 0.0, "duration_ms": 0.0, "attempts": 0.0,
		}},
	} {
		text := line(row.entry, time.UTC)
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestClock: the text of a second serves that second alone.
func TestClock(t *testing.T) {
	c := newClocks()
	for _, at := range []time.Duration{0, 999 * time.Millisecond, time.Second, 0, -time.Nanosecond, time.Hour} {
		when := epiphany().Add(at)
		if got, want := string(c.linkerd.append(nil, when, gmt())), when.In(gmt()).Format("02/01/2006:15:04:05 MST"); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0.000", 7: "0.007", 1050: "1.050", 123456789: "123456.789", -1500: "-1.500"} {
		if got := string(appendThousandths(nil, n)); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// FuzzLines: whatever a stranger sends, a line is one line: of JSON it is an object that
// says the same, and of text each quotation mark in it is escaped.
func FuzzLines(f *testing.F) {
	f.Add("GET", "web", "/a?b", "ua", "ref", "12")
	f.Add("\"", "\n", "\xff\u2028", "\\", "\r\x00", "x")
	f.Fuzz(func(t *testing.T, method, host, target, agent, referer, announced string) {
		r := record.Record{Start: epiphany(), Method: method, Authority: host, Target: target, UserAgent: agent, Referer: referer, Announced: announced, Err: agent}
		for _, attempt := range []bool{true, false} {
			for _, format := range []Format{Linkerd, Combined} {
				text := line(entry{&r, format, attempt}, time.UTC)
				quotes := strings.Count(strings.ReplaceAll(strings.ReplaceAll(text, `\\`, ""), `\"`, ""), `"`)
				if quotes != 6 || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c >= 0x7f }) {
					t.Errorf("%q", text)
				}
			}
			text := line(entry{&r, JSON, attempt}, time.UTC)
			var got struct {
				Path  string `json:"path"`
				Agent string `json:"user_agent"`
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil || strings.ContainsAny(text, "\n\r") {
				t.Fatalf("%v: %q", err, text)
			}
			if got.Path != string([]rune(target)) || got.Agent != string([]rune(agent)) {
				t.Errorf("%q became %q, %q became %q", target, got.Path, agent, got.Agent)
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	r := record.Record{
		Router: "outgoing", Server: "0.0.0.0/4140", Remote: netip.MustParseAddrPort("10.0.0.1:99"), Method: "GET", Authority: "web", Target: "/a/path?with=query",
		Proto: "HTTP/1.1", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Start: epiphany(),
		Trace: oteltrace.TraceID{15: 7}, Span: oteltrace.SpanID{7: 8}, Service: "/svc/web", Client: "/#/io.l5d.fs/web", Endpoint: netip.MustParseAddrPort("10.0.0.2:80"),
		Attempts: 1, Sent: time.Millisecond, Head: 3 * time.Millisecond, Status: 200, Announced: "1024", End: 5500 * time.Microsecond, BytesOut: 1024,
	}
	for format, name := range Formats() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			c := newClocks()
			for b.Loop() {
				buf = (&entry{&r, Format(format), false}).append(buf[:0], &c, time.UTC)
			}
		})
	}
}

// TestPlainPrefix: each byte at each place ends the prefix if it is not plain.
func TestPlainPrefix(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			text := []byte("abcdefgh ~#[]ijklmno")
			text[at] = byte(c)
			want := len(text)
			if !isPlain(byte(c)) {
				want = at
			}
			if got := plainPrefix(string(text)); got != want {
				t.Errorf("%q: %d, want %d", text, got, want)
			}
		}
	}
}
