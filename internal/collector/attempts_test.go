package collector_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
)

// retried is what a hop reports of a request that it sent three times, within a deadline.
func retried(deadline time.Duration) []Span {
	us := func(ms int64) int64 { return walkStart + ms*1000 }
	at := time.UnixMicro(walkStart).Add(deadline).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	spans := []Span{
		{ID: "1", Kind: "SERVER", Name: "http /svc/web", Timestamp: us(0), Duration: 100_000,
			Annotations: []Annotation{{us(20), `meshhop.backoff: {"wait":"10ms"}`}, {us(30), "finagle.retry"}},
			Tags:        map[string]string{"router.label": "http", "meshhop.deadline": at, "meshhop.deadline.by": "l5d-ctx-deadline"}},
		{ID: "2", ParentID: "1", Kind: "CLIENT", Timestamp: us(1), Duration: 19_000,
			Annotations: []Annotation{{us(20), "l5d.retryable"}}, Tags: map[string]string{"http.rsp.status": "503"}},
		{ID: "3", ParentID: "1", Kind: "CLIENT", Timestamp: us(30), Duration: 20_000,
			Tags: map[string]string{"meshhop.attempt": "2", "error": "true", "exception.type": "*net.OpError"}},
		{ID: "4", ParentID: "1", Kind: "CLIENT", Timestamp: us(53), Duration: 46_000,
			Tags: map[string]string{"meshhop.attempt": "3", "http.rsp.status": "200", "meshhop.connect_failures": "2"}},
	}
	for i := range spans {
		spans[i].TraceID, spans[i].Local = "7e", &Endpoint{ServiceName: "hop"}
	}
	return spans
}

func notesOf(page dom) []string {
	var out []string
	for _, row := range page.all("tr", "span") {
		all := append(texts(row.all("span", "error")), texts(row.all("span", "note"))...)
		out = append(out, strings.Join(all, "; "))
	}
	return out
}

func TestAttempts(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(retried(150 * time.Millisecond)...)
	page := s.page("/traces/7e")
	same(t, "notes", notesOf(page), []string{
		"deadline after 150 ms, set by l5d-ctx-deadline: 50 ms were left",
		"attempt 1 of 3, failed: status 503",
		"error; attempt 2 of 3, failed: *net.OpError; after a back-off of 10 ms",
		"attempt 3 of 3; 3 ms after the attempt before; connections that failed before: 2",
	})
	// The picture ends with the deadline, 150 ms after the start.
	var drawn []string
	for _, row := range page.all("tr", "span") {
		for _, w := range row.all("rect", "wait") {
			drawn = append(drawn, w.attr("x")+" "+w.attr("width"))
		}
		for _, d := range row.all("line", "deadline") {
			drawn = append(drawn, d.attr("x1"))
		}
	}
	same(t, "waits and deadlines", drawn, []string{"100.000%", "100.000%", "13.333% 6.667%", "100.000%", "33.333% 2.000%", "100.000%"})
	same(t, "legend", page.all("span", "legend")[0].text(), "Server Client Other Critical path Wait before an attempt Deadline")
}

// TestOddAttempts: numbers that go back, waits that began too early, and a failure that
// only its status tells.
func TestOddAttempts(t *testing.T) {
	s := start(t, collector.Config{})
	spans := retried(time.Second)
	spans[0].Annotations[0].Timestamp = walkStart + 10_000
	spans[1].Annotations = nil
	spans[2].Tags = map[string]string{"meshhop.attempt": "1", "http.rsp.status": "404"}
	spans[3].Tags = map[string]string{"meshhop.attempt": "x", "http.rsp.status": "500"}
	s.post(spans...)
	same(t, "notes", notesOf(s.page("/traces/7e"))[1:], []string{
		"attempt 1 of 3, failed: status 503",
		"attempt 2 of 3; after a back-off of 10 ms",
		"attempt 3 of 3, failed: status 500; 3 ms after the attempt before",
	})
}

func TestDeadlines(t *testing.T) {
	for _, row := range []struct {
		after time.Duration
		note  string
		at    string
	}{
		{90 * time.Millisecond, "deadline missed; deadline after 90 ms, set by l5d-ctx-deadline: missed by 10 ms", "90.000%"},
		{time.Second, "deadline after 1 s, set by l5d-ctx-deadline: 900 ms were left", ""}, // out of the picture
		{-time.Second, "deadline missed; deadline after 0 µs, set by l5d-ctx-deadline: missed by 1.1 s", ""},
	} {
		s := start(t, collector.Config{})
		spans := retried(row.after)
		spans[3].Kind, spans[3].Tags = "SERVER", map[string]string{"meshhop.deadline": spans[0].Tags["meshhop.deadline"]} // the next hop, of the same deadline
		s.post(spans...)
		page := s.page("/traces/7e")
		same(t, row.after.String(), notesOf(page)[0], row.note)
		at := ""
		if lines := page.all("line", "deadline"); len(lines) > 0 {
			at = lines[0].attr("x1")
		}
		same(t, "line", at, row.at)
		if note := notesOf(page)[3]; row.after > time.Second/2 && note != "" {
			t.Errorf("the next hop says of the same deadline %q", note)
		}
	}
}

// TestCallsAreNoAttempts: a service that makes two calls has not tried again.
func TestCallsAreNoAttempts(t *testing.T) {
	s := start(t, collector.Config{})
	spans := retried(time.Second)
	for i := range spans {
		spans[i].Tags = nil
	}
	s.post(spans...)
	for _, n := range notesOf(s.page("/traces/7e")) {
		if strings.Contains(n, "attempt") {
			t.Errorf("a call is taken for an attempt: %s", n)
		}
	}
}

// FuzzOverlay: whatever spans say of attempts, waits and deadlines, there is a page.
func FuzzOverlay(f *testing.F) {
	f.Add("2", `meshhop.backoff: {"wait":"10ms"}`, "2023-11-14T22:13:20.150000Z", "503", int64(5), int64(7))
	f.Add("-1", `meshhop.backoff: {"wait":-1}`, "0000-01-01T00:00:00Z", "", int64(-5), int64(1)<<62)
	f.Add("99999999999999999999", "meshhop.backoff:", "9999-12-31T23:59:59.999999999+23:59", "5xx", int64(1)<<62, int64(1)<<62)
	f.Fuzz(func(t *testing.T, number, wait, deadline, status string, at, length int64) {
		c := fuzzed(t)
		spans := retried(time.Second)
		spans[0].Annotations[0].Value, spans[0].Annotations[0].Timestamp = wait, max(at, 0)
		spans[0].Tags["meshhop.deadline"] = deadline
		spans[2].Tags["meshhop.attempt"], spans[3].Tags["http.rsp.status"] = number, status
		spans[2].Timestamp, spans[2].Duration = max(at, 0), max(length, 0)
		if w := ask(c, httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(asJSON(t, spans)))); w.Code != 202 {
			t.Fatal(w.Body)
		}
		for _, path := range []string{"/traces/7e", "/traces/7e?path=critical", "/traces/7e?span=0000000000000003"} {
			w := ask(c, httptest.NewRequest("GET", path, nil))
			if w.Code != 200 || strings.Contains(w.Body.String(), "NaN") || strings.Contains(w.Body.String(), "width=\"-") {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
