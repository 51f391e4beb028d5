package zipkin_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// counting is a collector that counts spans, and does what a test tells it to
// do first.
type counting struct {
	*httptest.Server
	posts, spans, largest, zipped atomic.Int64
	broken                        atomic.Int64 // bodies that were no JSON
}

// newCounting returns a collector. answer is called once the body has been
// read, with the number of the post; 0 means 202.
func newCounting(t testing.TB, answer func(post int64) int) *counting {
	c := new(counting)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			c.zipped.Add(1)
			z, err := gzip.NewReader(in)
			if err != nil {
				c.broken.Add(1)
				return
			}
			in = z
		}
		body, err := io.ReadAll(in)
		if err != nil {
			return // the sink has gone
		}
		status := 0
		if answer != nil {
			status = answer(c.posts.Add(1))
		}
		if status == 0 {
			if !json.Valid(body) {
				c.broken.Add(1)
			}
			c.spans.Add(int64(bytes.Count(body, []byte(`"traceId":`))))
			for n := int64(len(body)); ; {
				if old := c.largest.Load(); old >= n || c.largest.CompareAndSwap(old, n) {
					break
				}
			}
			status = http.StatusAccepted
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(func() {
		c.Close()
		if n := c.broken.Load(); n > 0 {
			t.Errorf("%d bodies were broken", n)
		}
	})
	return c
}

func newSink(t testing.TB, c zipkin.Config) *zipkin.Sink {
	t.Helper()
	s, err := zipkin.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Close(ctx)
	})
	return s
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// fill adds n spans from several goroutines.
func fill(s trace.Sink, n int) {
	const goroutines = 8
	r := full()
	var wait sync.WaitGroup
	for i := range goroutines {
		wait.Go(func() {
			for j := i; j < n; j += goroutines {
				s.Add(r)
			}
		})
	}
	wait.Wait()
}

// check holds what is always true of counters once nothing is queued.
func check(t *testing.T, s *zipkin.Sink, received int) trace.PipelineStats {
	t.Helper()
	stats := s.Stats()
	if stats.Received != uint64(received) || stats.Received != stats.Exported+stats.Dropped.Total() || stats.Queued != 0 || stats.QueuedBytes != 0 {
		t.Errorf("%d spans: %+v", received, stats)
	}
	return stats
}

// Everything that fits into the budget arrives, however slow the collector.
func TestSinkDeliversExactly(t *testing.T) {
	for name, delay := range map[string]time.Duration{"prompt": 0, "100 ms a post": 100 * time.Millisecond, "500 ms a post": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounting(t, func(int64) int { time.Sleep(delay); return 0 })
			s := newSink(t, zipkin.Config{Endpoint: c.URL, MaxBodyBytes: 1 << 20})
			const n = 30_000
			fill(s, n)
			if err := s.Close(within(t, time.Minute)); err != nil {
				t.Error(err)
			}
			stats := check(t, s, n)
			if stats.Exported != n || c.spans.Load() != n || stats.Retries != 0 {
				t.Errorf("%+v; the collector has %d of %d", stats, c.spans.Load(), n)
			}
			if got := c.largest.Load(); got > 1<<20 || got < 900<<10 {
				t.Errorf("the largest body has %d bytes", got)
			}
			if got := c.posts.Load(); got > 60 {
				t.Errorf("%d posts for %d spans", got, n)
			}
		})
	}
}

func TestSinkFlush(t *testing.T) {
	c := newCounting(t, nil)
	s := newSink(t, zipkin.Config{Endpoint: c.URL, FlushEvery: time.Hour})
	for i := 1; i <= 3; i++ {
		fill(s, 100)
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got := c.spans.Load(); got != int64(100*i) {
			t.Errorf("%d spans after flush %d", got, i)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(s.Flush(t.Context()), s.Close(t.Context())); err != nil {
		t.Error(err)
	}
	fill(s, 5)
	if stats := check(t, s, 305); stats.Dropped.Shutdown != 5 {
		t.Errorf("%+v", stats)
	}
}

// The body is the list of what AppendSpan writes.
func TestSinkBody(t *testing.T) {
	c := newCollector(t)
	s := newSink(t, zipkin.Config{Endpoint: c.URL + "/api/v2/spans", HostHeader: "zipkin"})
	var want []string
	size := 1
	for _, r := range spantest.Samples(5) {
		s.Add(r)
		want = append(want, string(zipkin.AppendSpan(nil, r)))
		size += len(want[len(want)-1]) + 1
	}
	if err := s.Flush(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.bodies) != 1 {
		t.Fatalf("%d bodies", len(c.bodies))
	}
	var spans []json.RawMessage
	if err := json.Unmarshal(c.bodies[0], &spans); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range spans {
		got = append(got, string(one))
	}
	slices.Sort(got) // by id: several shards keep no order
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	r := c.posts[0]
	if r.Method != "POST" || r.URL.Path != "/api/v2/spans" || r.Host != "zipkin" || r.Header.Get("Content-Type") != "application/json" ||
		r.Header.Get("b3") != "0" || r.Header.Get("l5d-sample") != "0" || r.ContentLength != int64(size) {
		t.Errorf("%s %s to %s, %d bytes, %v", r.Method, r.URL, r.Host, r.ContentLength, r.Header)
	}
}

func TestSinkCompression(t *testing.T) {
	c := newCounting(t, nil)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.Listener.Addr().String())
	}}}
	defer client.CloseIdleConnections()
	for _, row := range []struct {
		host        string
		compression string
		zipped      bool
	}{
		{"127.0.0.1", "auto", false},
		{"127.9.9.9:80", "auto", false},
		{"[::1]", "auto", false},
		{"[::ffff:127.0.0.1]", "auto", false},
		{"LocalHost:9411", "auto", false},
		{"zipkin.localhost", "auto", false},
		{"zipkin", "auto", true},
		{"10.0.0.1:9411", "auto", true},
		{"localhost", "gzip", true},
		{"zipkin", "none", false},
	} {
		c.zipped.Store(0)
		c.spans.Store(0)
		s := newSink(t, zipkin.Config{Endpoint: "http://" + row.host + "/api/v2/spans", Compression: row.compression, Client: client})
		fill(s, 10)
		if err := s.Close(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		if got := c.zipped.Load() > 0; got != row.zipped || c.spans.Load() != 10 {
			t.Errorf("%s: compressed %v, %d spans", row.host, got, c.spans.Load())
		}
		check(t, s, 10)
	}
}

func TestSinkRefused(t *testing.T) {
	for _, row := range []struct {
		status  int
		retries uint64
	}{{400, 0}, {404, 0}, {302, 0}, {408, 2}, {429, 2}, {500, 2}, {503, 2}} {
		c := newCounting(t, func(int64) int { return row.status })
		var lost []error
		s := newSink(t, zipkin.Config{Endpoint: c.URL, RetryMin: time.Microsecond, MaxRetries: 2, ErrorLog: logtest.ErrorsTo(func(err error) { lost = append(lost, err) })})
		fill(s, 10)
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Fatal(err)
		}
		if stats := check(t, s, 10); stats.Dropped.Status != 10 || stats.Retries != row.retries {
			t.Errorf("%d: %+v", row.status, stats)
		}
		var status *post.StatusError
		if len(lost) != 1 || !errors.As(lost[0], &status) || status.Code != row.status {
			t.Errorf("%d: %v", row.status, lost)
		}
	}
}

// A collector that fails every other post gets everything.
func TestSinkFlapping(t *testing.T) {
	c := newCounting(t, func(post int64) int { return int(post%2) * http.StatusServiceUnavailable })
	s := newSink(t, zipkin.Config{Endpoint: c.URL, RetryMin: time.Microsecond, RetryMax: time.Millisecond, MaxBodyBytes: 256 << 10, MaxRetries: 100})
	const n = 20_000
	fill(s, n)
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	if stats := check(t, s, n); stats.Exported != n || c.spans.Load() != n || stats.Retries == 0 {
		t.Errorf("%+v; the collector has %d", stats, c.spans.Load())
	}
}

// A server before the collector takes less than we send.
func TestSinkTooLarge(t *testing.T) {
	const limit = 200 << 10
	var spans atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		spans.Add(int64(bytes.Count(body, []byte(`"traceId":`))))
	}))
	defer srv.Close()
	s := newSink(t, zipkin.Config{Endpoint: srv.URL, MaxRetries: 100, RetryMin: time.Millisecond})
	const n = 10_000
	fill(s, n)
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	if stats := check(t, s, n); stats.Exported != n || spans.Load() != n {
		t.Errorf("%+v; the collector has %d", stats, spans.Load())
	}
}

// The collector answers before it has read anything: buffers must not be used
// again while the transport still reads them.
func TestSinkEarlyAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer srv.Close()
	s := newSink(t, zipkin.Config{Endpoint: srv.URL, MaxBodyBytes: 512 << 10})
	const n = 20_000
	fill(s, n)
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	check(t, s, n)
}

func TestSinkLargeSpans(t *testing.T) {
	c := newCounting(t, nil)
	s := newSink(t, zipkin.Config{Endpoint: c.URL, MaxBodyBytes: 8 << 10, MaxBytes: 256 << 10})
	for _, size := range []int{10, 3000, 5000, 7000, 20_000, 100_000, 10, 300_000, 10} {
		r := full()
		r.Name = strings.Repeat("x", size)
		s.Add(r)
	}
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	// All but the one that is larger than the budget.
	if stats := check(t, s, 9); stats.Exported != 8 || stats.Dropped.QueueFull != 1 || c.spans.Load() != 8 {
		t.Errorf("%+v; the collector has %d", stats, c.spans.Load())
	}
}

// A collector that is down costs no more memory than the budget, each span is
// counted, and Close does not wait longer than it is told to.
func TestSinkBudget(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	stuck := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	}))
	defer hangs.Close()
	defer close(stuck)
	for name, url := range map[string]string{"down": down.URL, "hangs": hangs.URL} {
		for compressors, compression := range []string{"none", "gzip"} {
			t.Run(name, func(t *testing.T) {
				const budget = 8 << 20
				before := heap()
				s := newSink(t, zipkin.Config{Endpoint: url, MaxBytes: budget, Compression: compression})
				const n = 40_000 // about four times the budget
				for range 10 {
					fill(s, n/10)
					if stats := s.Stats(); stats.QueuedBytes > budget+budget/8 {
						t.Errorf("%d bytes queued", stats.QueuedBytes)
					}
				}
				stats := s.Stats()
				if stats.Received != n || stats.Queued == 0 || stats.Dropped.QueueFull == 0 || stats.Received != stats.Queued+stats.Dropped.Total() {
					t.Errorf("%+v", stats)
				}
				// The compressors of all uploads come on top.
				if grown := heap() - before; grown > budget+budget/4+int64(compressors)*10<<20 {
					t.Errorf("the heap has grown by %d bytes", grown)
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := s.Close(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("Close: %v", err)
				}
				if stats := check(t, s, n); stats.Exported != 0 || stats.Dropped.Shutdown == 0 {
					t.Errorf("%+v", stats)
				}
			})
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestSinkConfig(t *testing.T) {
	for _, c := range []zipkin.Config{
		{Endpoint: "127.0.0.1:9411"}, {Endpoint: "ftp://a/b"}, {Endpoint: "http://"}, {Endpoint: "http://:9411"}, {Endpoint: "http://a b"},
		{Timeout: -1}, {MaxBodyBytes: -1}, {MaxBodyBytes: 100}, {MaxBytes: 1000}, {Uploads: -1}, {FlushEvery: -1}, {RetryMin: -1}, {RetryMax: -1}, {Compression: "zstd"},
	} {
		if _, err := zipkin.New(c); err == nil {
			t.Errorf("accepted %+v", c)
		}
	}
}

func TestSinkAddAllocatesNothing(t *testing.T) {
	c := newCounting(t, nil)
	s := newSink(t, zipkin.Config{Endpoint: c.URL})
	r := spantest.Samples(2)[1]
	if n := testing.AllocsPerRun(10_000, func() { s.Add(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
