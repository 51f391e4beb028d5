package collector_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
)

func TestSearch(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	second := walkStart + 500_000
	s.post(
		Span{TraceID: "2", ID: "1", Kind: "SERVER", Name: "late", Timestamp: second, Duration: 50, Local: &Endpoint{ServiceName: "web"},
			Tags: map[string]string{"error": "x", "http.method": "GET"}, Annotations: []Annotation{{second, "retried"}}},
		Span{TraceID: "2", ID: "2", ParentID: "1", Kind: "CLIENT", Timestamp: second + 1, Duration: 5000, Local: &Endpoint{ServiceName: "web"},
			Remote: &Endpoint{ServiceName: "DB"}},
		Span{TraceID: "3", ID: "1", Name: "without time", Local: &Endpoint{ServiceName: "web"}},
	)
	for _, row := range []struct {
		pairs []string
		want  []string
	}{
		{nil, []string{"2", walkTrace}},
		{[]string{"limit", "1"}, []string{"2"}},
		{[]string{"serviceName", "0.0.0.0/4140"}, []string{walkTrace}},
		{[]string{"serviceName", "WEB"}, []string{"2"}},
		{[]string{"serviceName", "nobody"}, nil},
		{[]string{"spanName", "all"}, []string{"2", walkTrace}},
		{[]string{"spanName", "Outgoing /svc/World"}, []string{walkTrace}},
		{[]string{"serviceName", "web", "spanName", "get /"}, nil},
		{[]string{"remoteServiceName", "db"}, []string{"2"}},
		{[]string{"annotationQuery", "error"}, []string{"2"}},
		{[]string{"annotationQuery", "error and http.method=GET and retried"}, []string{"2"}},
		{[]string{"annotationQuery", "error and http.method=POST"}, nil},
		{[]string{"annotationQuery", "retried=x"}, nil},
		{[]string{"annotationQuery", "ws and wr and http.req.host=world"}, []string{walkTrace}},
		{[]string{"minDuration", "100000"}, []string{walkTrace}},
		{[]string{"minDuration", "40", "maxDuration", "60"}, []string{"2"}},
		{[]string{"serviceName", localnode + "world-v1", "minDuration", "9000"}, nil},
		{[]string{"endTs", "1700000000400"}, []string{walkTrace}},
		{[]string{"lookback", "600"}, []string{"2"}},
		{[]string{"endTs", "9223372036854775807", "lookback", "9223372036854775807"}, []string{"2", walkTrace}},
	} {
		pairs := append([]string{"endTs", walkEnd}, row.pairs...)
		var got []string
		for _, trace := range fetch[[][]Span](s, query("/api/v2/traces", pairs...)) {
			got = append(got, trace[0].TraceID)
		}
		for i, id := range row.want {
			row.want[i] = fmt.Sprintf("%016s", id)
		}
		same(t, fmt.Sprint(row.pairs), got, row.want)
	}
	same(t, "remote services", fetch[[]string](s, "/api/v2/remoteServices?serviceName=web"), []string{"db"})
	same(t, "span names", fetch[[]string](s, "/api/v2/spans?serviceName=web"), []string{"late", "without time"})
	same(t, "nobody's span names", fetch[[]string](s, "/api/v2/spans?serviceName=nobody"), []string{})
}

func TestWrongParameters(t *testing.T) {
	s := start(t, collector.Config{})
	for path, says := range map[string]string{
		"/api/v2/traces?minDuration=x":               "minDuration",
		"/api/v2/traces?minDuration=0":               "minDuration",
		"/api/v2/traces?maxDuration=5":               "maxDuration needs",
		"/api/v2/traces?minDuration=9&maxDuration=5": "less than",
		"/api/v2/traces?limit=0":                     "limit",
		"/api/v2/traces?limit=99999999999999999999":  "limit",
		"/api/v2/traces?endTs=-1":                    "endTs",
		"/api/v2/traces?lookback=1h":                 "lookback",
		"/api/v2/spans":                              "serviceName",
		"/api/v2/remoteServices":                     "serviceName",
		"/api/v2/dependencies":                       "endTs",
		"/api/v2/trace/xyz":                          "not hexadecimal",
		"/api/v2/trace/0":                            "zeros",
		"/api/v2/traceMany":                          "traceIds",
		"/api/v2/traceMany?traceIds=1":               "one id",
		"/api/v2/traceMany?traceIds=1,01":            "twice",
		"/api/v2/traceMany?traceIds=1,,2":            "missing",
		"/api/v2/autocompleteValues":                 "key",
		"/?minDuration=x":                            "minDuration",
		"/dependency?lookback=x":                     "lookback",
		"/traces/xyz":                                "not hexadecimal",
	} {
		status, text := s.get(path)
		if status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", path, status)
		}
		contains(t, text, says)
	}
	if status, _ := s.get("/api/v2/trace/5"); status != http.StatusNotFound {
		t.Errorf("unknown trace: %d, want 404", status)
	}
}

func TestEmptyCollector(t *testing.T) {
	s := start(t, collector.Config{})
	for _, path := range []string{"/api/v2/services", "/api/v2/traces", "/api/v2/autocompleteKeys", "/api/v2/autocompleteValues?key=k", "/api/v2/dependencies?endTs=1"} {
		if _, text := s.get(path); text != "[]" {
			t.Errorf("%s: %s, want []", path, text)
		}
	}
	same(t, "health", fetch[map[string]string](s, "/health"), map[string]string{"status": "UP"})
	if status, _ := s.get("/info"); status != http.StatusOK {
		t.Errorf("/info: %d", status)
	}
}

func TestTraceIDWidth(t *testing.T) {
	wide, narrow := "463ac35c9f6413ad48485a3953bb6124", "48485a3953bb6124"
	both := []Span{{TraceID: wide, ID: "1", Timestamp: 5}, {TraceID: narrow, ID: "2", Timestamp: 6}}
	for _, row := range []struct {
		name    string
		lenient bool
		posted  []Span
		ask     string
		spans   int
	}{
		{"exact wide", false, both, wide, 1},
		{"exact narrow", false, both, narrow, 1},
		{"narrow finds wide", false, both[:1], narrow, 1},
		{"wide does not find narrow", false, both[1:], wide, 0},
		{"lenient", true, both, wide, 2},
		{"lenient narrow", true, both, narrow, 2},
		{"lenient other wide", true, both, "1" + wide[1:], 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, collector.Config{LenientTraceIDs: row.lenient})
			s.post(row.posted...)
			status, _ := s.get("/api/v2/trace/" + row.ask)
			if row.spans == 0 {
				if status != http.StatusNotFound {
					t.Errorf("status %d, want 404", status)
				}
				return
			}
			if n := len(fetch[[]Span](s, "/api/v2/trace/"+row.ask)); n != row.spans {
				t.Errorf("%d spans, want %d", n, row.spans)
			}
		})
	}
}

func TestTraceMany(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(Span{TraceID: "1", ID: "1"}, Span{TraceID: "2", ID: "1"})
	same(t, "traces", fetch[[][]Span](s, "/api/v2/traceMany?traceIds=2,7,1"), [][]Span{
		{{TraceID: "0000000000000002", ID: "0000000000000001"}},
		{{TraceID: "0000000000000001", ID: "0000000000000001"}},
	})
}

type link struct {
	Parent, Child         string
	CallCount, ErrorCount int
}

func TestDependencies(t *testing.T) {
	at := func(name string) *Endpoint { return &Endpoint{ServiceName: name} }
	now := time.Now().UnixMicro()
	failed := map[string]string{"error": ""}
	for _, row := range []struct {
		name  string
		spans []Span
		want  []link
	}{
		{"the called one counts", []Span{
			{ID: "1", Kind: "SERVER", Local: at("web")},
			{ID: "2", ParentID: "1", Kind: "CLIENT", Local: at("web"), Tags: failed},
			{ID: "3", ParentID: "2", Kind: "SERVER", Local: at("app")},
		}, []link{{"web", "app", 1, 1}}},
		{"a client alone", []Span{
			{ID: "1", Kind: "CLIENT", Local: at("web"), Remote: at("db")},
			{ID: "2", Kind: "CLIENT", Local: at("web"), Remote: at("db")},
		}, []link{{"web", "db", 1, 0}}},
		{"shared id", []Span{
			{ID: "1", Kind: "CLIENT", Local: at("web")},
			{ID: "1", Kind: "SERVER", Local: at("app"), Shared: true},
		}, []link{{"web", "app", 1, 0}}},
		{"shared id without the flag", []Span{
			{ID: "1", Kind: "SERVER", Local: at("app")},
			{ID: "1", Kind: "CLIENT", Local: at("web")},
		}, []link{{"web", "app", 1, 0}}},
		{"a local span between", []Span{
			{ID: "1", Kind: "SERVER", Local: at("web")},
			{ID: "2", ParentID: "1"},
			{ID: "3", ParentID: "2", Kind: "SERVER", Local: at("app")},
		}, []link{{"web", "app", 1, 0}}},
		{"messages", []Span{
			{ID: "1", Kind: "PRODUCER", Local: at("web"), Remote: at("queue")},
			{ID: "2", ParentID: "1", Kind: "CONSUMER", Local: at("app"), Remote: at("queue")},
		}, []link{{"queue", "app", 1, 0}, {"web", "queue", 1, 0}}},
		{"nothing known", []Span{{ID: "1", Kind: "SERVER"}, {ID: "2", ParentID: "1"}}, []link{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, collector.Config{})
			for i := range row.spans {
				row.spans[i].TraceID, row.spans[i].Timestamp = "1", now+int64(i)
			}
			s.post(row.spans...)
			same(t, "links", fetch[[]link](s, fmt.Sprintf("/api/v2/dependencies?endTs=%d", now/1000+10)), row.want)
			same(t, "links of another time", fetch[[]link](s, "/api/v2/dependencies?endTs=5000"), []link{})
		})
	}
}
