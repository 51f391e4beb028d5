package dashboard

import (
	"net/url"
	"testing"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/trace"
)

// TestExemplars: the traces that a histogram remembers, the slowest first, with a link to
// the collector that spans go to.
func TestExemplars(t *testing.T) {
	d := &Dashboard{config: Config{Spans: map[string]func() trace.PipelineStats{"http://user:secret@collector:9411/api/v2/spans": nil}}}
	born := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fast := histogram.Exemplar{Trace: oteltrace.TraceID{15: 1}, Took: time.Millisecond, At: time.Minute}
	slow := histogram.Exemplar{Trace: oteltrace.TraceID{0: 2}, Took: time.Second, At: 2 * time.Minute}
	got := d.exemplars(histogram.Latency{2: {Exemplars: []histogram.Exemplar{fast}}, 5: {Exemplars: []histogram.Exemplar{slow}}}, born, at{new(url.URL), nil})
	want := [][3]string{
		{"1 s", "2026-01-02 03:06:05", "http://collector:9411/zipkin/traces/02000000000000000000000000000000"},
		{"1 ms", "2026-01-02 03:05:05", "http://collector:9411/zipkin/traces/0000000000000001"},
	}
	if len(got.Rows) != len(want) {
		t.Fatalf("%+v", got.Rows)
	}
	for i, row := range got.Rows {
		if cells := row.Cells; cells[1].Text != want[i][1] || cells[2].Href != want[i][2] || cells[2].Text == "" {
			t.Errorf("%+v, want %v", cells, want[i])
		}
	}
	if empty := d.exemplars(histogram.Latency{}, born, at{new(url.URL), nil}); len(empty.Rows) != 0 || empty.Empty == "" {
		t.Errorf("%+v", empty)
	}
}
