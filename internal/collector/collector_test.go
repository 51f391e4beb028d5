package collector_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/collector"
)

// Span is what the API writes, as a test reads it.
type Span struct {
	TraceID     string            `json:"traceId"`
	ParentID    string            `json:"parentId,omitempty"`
	ID          string            `json:"id"`
	Kind        string            `json:"kind,omitempty"`
	Name        string            `json:"name,omitempty"`
	Timestamp   int64             `json:"timestamp,omitempty"`
	Duration    int64             `json:"duration,omitempty"`
	Local       *Endpoint         `json:"localEndpoint,omitempty"`
	Remote      *Endpoint         `json:"remoteEndpoint,omitempty"`
	Annotations []Annotation      `json:"annotations,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Debug       bool              `json:"debug,omitempty"`
	Shared      bool              `json:"shared,omitempty"`
}

type Endpoint struct {
	ServiceName string `json:"serviceName,omitempty"`
	IPv4        string `json:"ipv4,omitempty"`
	IPv6        string `json:"ipv6,omitempty"`
	Port        int    `json:"port,omitempty"`
}

type Annotation struct {
	Timestamp int64  `json:"timestamp"`
	Value     string `json:"value"`
}

// server is a collector behind a real socket.
type server struct {
	t   testing.TB
	url string
	c   *collector.Collector
}

func start(t testing.TB, config collector.Config) *server {
	t.Helper()
	c, err := collector.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return &server{t, s.URL, c}
}

func (s *server) do(method, path, contentType, encoding string, body []byte) (int, string, http.Header) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func (s *server) post(spans ...Span) {
	s.t.Helper()
	body, err := json.Marshal(spans)
	if err != nil {
		s.t.Fatal(err)
	}
	if status, text := s.postJSON(string(body)); status != http.StatusAccepted {
		s.t.Fatalf("POST: %d %s", status, text)
	}
}

func (s *server) postJSON(body string) (int, string) {
	s.t.Helper()
	status, text, _ := s.do("POST", "/api/v2/spans", "application/json", "", []byte(body))
	return status, text
}

func (s *server) get(path string) (int, string) {
	s.t.Helper()
	status, text, _ := s.do("GET", path, "", "", nil)
	return status, text
}

func fetch[T any](s *server, path string) T {
	s.t.Helper()
	status, text := s.get(path)
	if status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, status, text)
	}
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		s.t.Fatalf("GET %s: %v in %s", path, err, text)
	}
	return v
}

func query(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + v.Encode()
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("no %q in %q", p, text)
		}
	}
}

const (
	walkTrace = "9b6f0a1c2d3e4f50"
	walkStart = int64(1_700_000_000_000_000) // microseconds
	daemonset = "%/io.l5d.k8s.daemonset/default/incoming/l5d/#/io.l5d.k8s/default/http/"
	localnode = "%/io.l5d.k8s.localnode/10.196.2.43/#/io.l5d.k8s/default/http/"
)

var walkServices = []string{
	"0.0.0.0/4140", daemonset + "hello", "0.0.0.0/4141", localnode + "hello",
	"0.0.0.0/4140", daemonset + "world-v1", "0.0.0.0/4141", localnode + "world-v1",
}

var walkNames = []string{
	"outgoing /svc/hello", "get /", "incoming /svc/hello", "get /",
	"outgoing /svc/world", "get /", "incoming /svc/world", "get /",
}

// walkthrough is the documented journey: eight spans, each the child of the
// one before, with the durations of its published picture.
func walkthrough() []Span {
	starts := []int64{0, 3, 6, 9, 22, 33, 44, 70}
	lengths := []int64{106, 100, 91, 84, 59, 47, 35, 8}
	var out []Span
	for i := range walkServices {
		s := Span{
			TraceID: walkTrace, ID: walkID(i), Kind: "SERVER", Name: walkNames[i],
			Timestamp: walkStart + starts[i]*1000, Duration: lengths[i] * 1000,
			Local: &Endpoint{ServiceName: walkServices[i], IPv4: "10.196.2.43"},
		}
		if i > 0 {
			s.ParentID = walkID(i - 1)
		}
		if i%2 == 1 {
			s.Kind = "CLIENT"
			s.Remote = &Endpoint{IPv4: "10.196.2.45", Port: 7778}
			s.Annotations = []Annotation{{s.Timestamp + 1000, "ws"}, {s.Timestamp + 5000, "wr"}}
			s.Tags = map[string]string{
				"http.req.host": "world", "http.req.method": "GET", "http.req.version": "HTTP/1.1",
				"http.rsp.content-length": "20", "http.rsp.status": "200", "http.uri": "/", "l5d.success": "1.0",
			}
		}
		out = append(out, s)
	}
	return out
}

func walkID(i int) string { return "000000000000abc" + string(rune('1'+i)) }

const walkEnd = "1700000001000" // milliseconds
