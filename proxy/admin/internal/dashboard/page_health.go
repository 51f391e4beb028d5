package dashboard

import (
	"context"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace"
)

// spanQueue is what becomes of the spans that go to one place.
type spanQueue struct {
	to string
	trace.PipelineStats
}

// watch is what is watched at one API server.
type watch struct {
	server string
	resolve.WatchStats
}

// health is /health: how the process itself does.
func (d *Dashboard) health(_ context.Context, s *snapshot, where at) (*page, *problem) {
	p := &page{Title: "Health", Here: "/health", Live: true, Figures: d.process(s)}
	var spans []spanQueue
	for _, to := range slices.Sorted(mapKeys(d.config.Spans)) {
		spans = append(spans, spanQueue{to, d.config.Spans[to]()})
	}
	count := func(name, title, metric string, of func(spanQueue) uint64) column[spanQueue] {
		return column[spanQueue]{name: name, title: title, metric: metric, value: func(q spanQueue) any { return of(q) }}
	}
	drops := count("dropped", "Dropped", "meshhop_spans_dropped_total", func(q spanQueue) uint64 { return q.Dropped.Total() })
	drops.show = func(q spanQueue) cell {
		one := cell{Text: showCount(q.Dropped.Total())}
		if q.Dropped.Total() > 0 {
			one.Class = rateBad
		}
		return one
	}
	t := tableOf("spans", "Spans", spans, func(q spanQueue) string { return q.to }, []column[spanQueue]{
		{name: "to", title: "To", still: true, value: func(q spanQueue) any { return q.to }},
		count("received", "Received", "meshhop_spans_received_total", func(q spanQueue) uint64 { return q.Received }),
		count("exported", "Exported", "meshhop_spans_exported_total", func(q spanQueue) uint64 { return q.Exported }),
		drops,
		count("full", "Queue full", "meshhop_spans_dropped_total", func(q spanQueue) uint64 { return q.Dropped.QueueFull }),
		count("failed", "Refused", "meshhop_spans_dropped_total", func(q spanQueue) uint64 { return q.Dropped.Refused + q.Dropped.Status }),
		count("timeout", "Timed out", "meshhop_spans_dropped_total", func(q spanQueue) uint64 { return q.Dropped.Timeout }),
		count("queued", "Queued", "meshhop_spans_queued", func(q spanQueue) uint64 { return q.Queued }),
		count("bytes", "Bytes", "meshhop_spans_queued_bytes", func(q spanQueue) uint64 { return q.QueuedBytes }),
		count("retries", "Sent again", "meshhop_spans_retries_total", func(q spanQueue) uint64 { return q.Retries }),
	}, "to", where.URL)
	t.Empty = "Nothing is traced."
	p.Tables = []*table{t}
	if len(d.config.Servers) > 0 {
		p.Tables = append(p.Tables, d.lostContext(where))
	}
	if len(d.config.Kubernetes) > 0 {
		p.Tables = append(p.Tables, d.watches(where))
	}
	return p, nil
}

func (d *Dashboard) watches(where at) *table {
	var all []watch
	for _, server := range slices.Sorted(mapKeys(d.config.Kubernetes)) {
		for _, one := range d.config.Kubernetes[server]() {
			all = append(all, watch{server, one})
		}
	}
	count := func(name, title, metric string, of func(watch) int) column[watch] {
		return column[watch]{name: name, title: title, metric: metric, value: func(w watch) any { return uint64(max(of(w), 0)) }}
	}
	t := tableOf("watches", "Watches of Kubernetes", all, func(w watch) string { return w.server + " " + w.Resource }, []column[watch]{
		{name: "server", title: "API server", still: true, value: func(w watch) any { return w.server }},
		{name: "resource", title: "Resource", still: true, value: func(w watch) any { return w.Resource }},
		count("watches", "Watches", "meshhop_k8s_watches", func(w watch) int { return w.Watches }),
		count("connected", "Connected", "meshhop_k8s_watches_connected", func(w watch) int { return w.Connected }),
		count("failing", "Failing", "meshhop_k8s_watches_failing", func(w watch) int { return w.Failing }),
		{name: "age", title: "Answers are old", metric: "meshhop_k8s_answer_age_seconds", value: func(w watch) any { return w.Age }, show: func(w watch) cell {
			return cell{Text: showTime(w.Age.Truncate(time.Second))}
		}},
		count("objects", "Objects", "meshhop_k8s_objects", func(w watch) int { return w.Objects }),
	}, "-failing", where.URL)
	t.Empty = "Nothing is watched."
	return t
}

// process are the figures of the process.
func (d *Dashboard) process(s *snapshot) []figure {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/gc/heap/goal:bytes"},
	}
	metrics.Read(samples)
	number := func(i int) uint64 {
		if samples[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return samples[i].Value.Uint64()
	}
	share := "–"
	if gc, all := samples[3].Value, samples[4].Value; gc.Kind() == metrics.KindFloat64 && all.Kind() == metrics.KindFloat64 && all.Float64() > 0 {
		share = strconv.FormatFloat(100*gc.Float64()/all.Float64(), 'f', 2, 64) + "%"
	}
	names := 0
	for _, r := range s.routers {
		names += len(r.services) + len(r.clients)
	}
	out := []figure{
		{Key: "version", Label: "Version", Text: d.config.Version, Metric: "meshhop_build_info"},
		{Key: "uptime", Label: "Up", Text: showTime(time.Since(d.config.Started).Truncate(time.Second)), Metric: "process_start_time_seconds"},
		{Key: "goroutines", Label: "Goroutines", Text: strconv.Itoa(runtime.NumGoroutine()), Metric: "go_goroutines"},
		{Key: "heap", Label: "Heap in use", Text: showBytes(number(0)), Metric: "go_memstats_heap_alloc_bytes"},
		{Key: "goal", Label: "Heap before the next GC", Text: showBytes(number(5)), Metric: "go_memstats_next_gc_bytes"},
		{Key: "memory", Label: "Memory in all", Text: showBytes(number(1)), Metric: "go_memstats_sys_bytes"},
		{Key: "gc", Label: "Garbage collections", Text: showCount(number(2)), Metric: "go_gc_duration_seconds"},
		{Key: "gcshare", Label: "CPU time for them", Text: share},
		{Key: "names", Label: "Names in the caches", Text: strconv.Itoa(names), Metric: "meshhop_bindcache_path_size"},
		{Key: "lost", Label: "Requests not shown", Text: showCount(d.history.requests.lost.Load())},
	}
	if open, limit, ok := descriptors(); ok {
		out = append(out, figure{Key: "fds", Label: "Open files", Text: open + " / " + limit, Metric: "process_open_fds"})
	}
	return out
}

// descriptors are the open files of the process, and how many there may be, where the
// system says so.
func descriptors() (open, limit string, ok bool) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return "", "", false
	}
	limit = "?"
	if text, err := os.ReadFile("/proc/self/limits"); err == nil {
		for l := range strings.Lines(string(text)) {
			if rest, found := strings.CutPrefix(l, "Max open files"); found {
				if fields := strings.Fields(rest); len(fields) > 0 {
					limit = fields[0]
				}
			}
		}
	}
	return strconv.Itoa(len(entries)), limit, true
}
