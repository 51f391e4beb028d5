package collector_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

func TestOldestTraceGoesFirst(t *testing.T) {
	s := start(t, collector.Config{MaxSpans: 3})
	at := func(name string) *Endpoint { return &Endpoint{ServiceName: name} }
	// The timestamps say the opposite of the order of arrival.
	s.post(Span{TraceID: "1", ID: "1", Timestamp: 9_000_000, Name: "one", Local: at("first")}, Span{TraceID: "1", ID: "2", Timestamp: 9_000_000, Local: at("web")})
	s.post(Span{TraceID: "2", ID: "1", Timestamp: 1000, Local: at("web")})
	s.post(Span{TraceID: "3", ID: "1", Local: at("web")})
	if status, _ := s.get("/api/v2/trace/1"); status != 404 {
		t.Errorf("the first trace is still there: %d", status)
	}
	same(t, "services", fetch[[]string](s, "/api/v2/services"), []string{"web"})
	same(t, "span names of a service that is gone", fetch[[]string](s, "/api/v2/spans?serviceName=first"), []string{})
	st := s.c.Stats()
	same(t, "counters", []int{int(st.Received), int(st.Stored), int(st.Evicted), int(st.EvictedTraces), st.Spans, st.Traces}, []int{4, 4, 2, 1, 2, 2})
}

func TestDuplicates(t *testing.T) {
	s := start(t, collector.Config{})
	for range 3 {
		s.post(walkthrough()...)
	}
	if n := len(fetch[[]Span](s, "/api/v2/trace/"+walkTrace)); n != 8 {
		t.Errorf("%d spans, want 8", n)
	}
	var many []Span
	for i := range 100 {
		many = append(many, Span{TraceID: "5", ID: fmt.Sprintf("%x", i+1)})
	}
	s.post(many...)
	s.post(many...)
	if n := len(fetch[[]Span](s, "/api/v2/trace/5")); n != 100 {
		t.Errorf("%d spans, want 100", n)
	}
	if n := s.c.Stats().Duplicates; n != 116 {
		t.Errorf("Duplicates is %d, want 116", n)
	}
}

func TestTraceBound(t *testing.T) {
	s := start(t, collector.Config{MaxTraceSpans: 10})
	var spans []Span
	for i := range 15 {
		spans = append(spans, Span{TraceID: "1", ID: fmt.Sprintf("%x", i+1), Timestamp: 5})
	}
	s.post(spans...)
	if st := s.c.Stats(); st.Spans != 10 || st.TraceFull != 5 {
		t.Errorf("%d spans, %d refused; want 10, 5", st.Spans, st.TraceFull)
	}
	_, text := s.get("/traces/1")
	contains(t, text, "5 spans came after the trace had reached its bound")
}

// The estimate must hold for the store's worst cases: nothing but overhead.
func TestMemoryBound(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a store several times over")
	}
	const bound = 8 << 20
	for name, span := range map[string]string{
		"tiny traces":       `{"traceId":"%[1]x","id":"1"}`,
		"wide ids, one low": `{"traceId":"%[1]x0000000000000001","id":"1"}`,
		"new services":      `{"traceId":"%[1]x","id":"1","name":"n%[1]d","localEndpoint":{"serviceName":"s%[1]d"},"remoteEndpoint":{"serviceName":"r%[1]d"}}`,
		"new names":         `{"traceId":"%[1]x","id":"1","name":"n%[1]d","localEndpoint":{"serviceName":"s"}}`,
		"one trace":         `{"traceId":"1","id":"%[1]x"}`,
		"small tags":        `{"traceId":"%[1]x","id":"1","tags":{"a":"","b":"","c":"","d":""}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, collector.Config{MaxBytes: bound, MaxTraceSpans: 1 << 20, MaxSpans: 1 << 20})
			before := heap()
			for batch := range 15 {
				var b strings.Builder
				for i := range 3000 {
					fmt.Fprintf(&b, ","+span, batch*3000+i+1)
				}
				if status, text := s.postJSON("[" + b.String()[1:] + "]"); status != 202 {
					t.Fatal(status, text)
				}
			}
			if st := s.c.Stats(); st.Bytes > bound || st.Evicted == 0 && st.TraceFull == 0 {
				t.Errorf("the bound was not kept: %+v", st)
			}
			used := heap() - before
			t.Logf("%d KiB used, %d KiB counted", used>>10, s.c.Stats().Bytes>>10)
			if used > bound*3/2 {
				t.Errorf("uses %d MiB for a bound of %d MiB", used>>20, bound>>20)
			}
			runtime.KeepAlive(s)
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestNothingIsLeftWhenAllIsEvicted(t *testing.T) {
	s := start(t, collector.Config{MaxSpans: 8, MaxTraceSpans: 8})
	s.post(walkthrough()...)
	s.post(Span{TraceID: "1", ID: "1"})
	one := s.c.Stats().Bytes
	other := start(t, collector.Config{})
	other.post(Span{TraceID: "1", ID: "1"})
	if want := other.c.Stats().Bytes; one != want {
		t.Errorf("%d bytes are counted for one span, want %d", one, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := start(t, collector.Config{MaxSpans: 200})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 30 {
				spans := walkthrough()
				for j := range spans {
					spans[j].TraceID = fmt.Sprintf("%x", g*1000+i+1)
				}
				s.post(spans...)
				for _, path := range []string{"/?endTs=" + walkEnd, "/traces/1", "/dependency", "/api/v2/traces?endTs=" + walkEnd, "/api/v2/services"} {
					if status, text := s.get(path); status >= 500 {
						t.Errorf("%s: %d %s", path, status, text)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestConfig(t *testing.T) {
	for _, c := range []collector.Config{{MaxSpans: -1}, {MaxBytes: 1000}, {MaxBytes: 4 << 20, MaxBodyBytes: 2 << 20}, {MaxUploads: -1}, {MaxHeldBytes: -1}, {MaxHeldBytes: 1 << 20}, {UploadTimeout: -1}} {
		if _, err := collector.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
