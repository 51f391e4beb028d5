package otlp_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/otlp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector keeps what is posted to it.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []*http.Request
	bodies [][]byte // of successes
	spans  []decodedSpan
}

// newCollector returns a collector. answer is called for each post, with its number from 1
// on; without it every post is a success.
func newCollector(t testing.TB, answer func(post int, w http.ResponseWriter) (ok bool)) *collector {
	c := new(collector)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(in)
			if err != nil {
				t.Error(err)
				return
			}
			in = z
		}
		body, err := io.ReadAll(in)
		if err != nil {
			return // the sink has gone
		}
		d, err := decodeAll(body)
		if err != nil {
			t.Errorf("%v in a body of %d bytes", err, len(body))
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.posts = append(c.posts, r)
		if answer != nil && !answer(len(c.posts), w) {
			return
		}
		c.bodies, c.spans = append(c.bodies, body), append(c.spans, d.spans()...)
	}))
	t.Cleanup(c.Close)
	return c
}

func newSink(t testing.TB, c otlp.Config) *otlp.Sink {
	t.Helper()
	if c.Service == "" {
		c.Service = "edge"
	}
	s, err := otlp.New(c)
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

// send posts records and returns the body that has them.
func send(t testing.TB, c otlp.Config, records ...*trace.Record) []byte {
	t.Helper()
	to := newCollector(t, nil)
	c.Endpoint = to.URL
	s := newSink(t, c)
	for _, r := range records {
		s.Add(r)
	}
	if err := s.Flush(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if stats := s.Stats(); stats.Exported != uint64(len(records)) || len(to.bodies) != 1 {
		t.Fatalf("%d bodies, %+v", len(to.bodies), stats)
	}
	return to.bodies[0]
}

// ordered is a budget with which a sink has one buffer, so that spans keep their order.
const ordered = 1 << 20

// spansOf is what a collector gets of records.
func spansOf(t testing.TB, records ...*trace.Record) []decodedSpan {
	t.Helper()
	d, err := decodeAll(send(t, otlp.Config{MaxBytes: ordered}, records...))
	if err != nil {
		t.Fatal(err)
	}
	return d.spans()
}

// check holds what is always true of counters once nothing is queued.
func check(t *testing.T, s *otlp.Sink, received int) trace.PipelineStats {
	t.Helper()
	stats := s.Stats()
	if stats.Received != uint64(received) || stats.Received != stats.Exported+stats.Dropped.Total() || stats.Queued != 0 || stats.QueuedBytes != 0 {
		t.Errorf("%d spans: %+v", received, stats)
	}
	return stats
}
