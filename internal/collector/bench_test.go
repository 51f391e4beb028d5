package collector_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

// BenchmarkIngest posts the walkthrough's eight spans in one body, each time
// as a new trace, into a store that is soon full.
func BenchmarkIngest(b *testing.B) {
	c, err := collector.New(collector.Config{MaxBytes: 8 << 20})
	if err != nil {
		b.Fatal(err)
	}
	body, err := json.Marshal(walkthrough())
	if err != nil {
		b.Fatal(err)
	}
	text := string(body)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		r := httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(strings.ReplaceAll(text, walkTrace, fmt.Sprintf("%016x", n))))
		if w := ask(c, r); w.Code != http.StatusAccepted {
			b.Fatal(w.Body)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(8*b.N), "ns/span")
}

// BenchmarkSearch looks for one service among ten thousand traces.
func BenchmarkSearch(b *testing.B) {
	c, err := collector.New(collector.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10 {
		var spans []Span
		for j := range 1000 {
			n := i*1000 + j + 1
			spans = append(spans, Span{TraceID: fmt.Sprintf("%x", n), ID: "1", Timestamp: walkStart + int64(n), Duration: 5, Local: &Endpoint{ServiceName: fmt.Sprintf("s%d", n%100)}})
		}
		body, _ := json.Marshal(spans)
		ask(c, httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(string(body))))
	}
	b.ReportAllocs()
	for b.Loop() {
		if w := ask(c, httptest.NewRequest("GET", "/api/v2/traces?serviceName=s7&endTs="+walkEnd, nil)); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
