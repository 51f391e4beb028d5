package zipkin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// wire is a collector without a network, for tests in a bubble of time.
type wire struct {
	answer func(post int) (status int, retryAfter string)
	delay  time.Duration
	stuck  bool // does not return when its ctx is done

	mu      sync.Mutex
	begun   []time.Time
	spans   int
	largest int // body
	most    int // posts at a time
	running int
	sampled bool
}

func (w *wire) client() *http.Client { return &http.Client{Transport: w} }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_ = r.Body.Close()
	w.mu.Lock()
	w.begun = append(w.begun, time.Now())
	post := len(w.begun)
	w.running++
	w.most = max(w.most, w.running)
	w.largest = max(w.largest, len(body))
	w.sampled = w.sampled || trace.FromContext(r.Context()).Decision() != trace.Drop
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.running--
		w.mu.Unlock()
	}()
	select {
	case <-time.After(w.delay):
	case <-r.Context().Done():
		if w.stuck {
			time.Sleep(time.Hour)
		}
		return nil, r.Context().Err()
	}
	status, retryAfter := 0, ""
	if w.answer != nil {
		status, retryAfter = w.answer(post)
	}
	switch status {
	case 0:
		status = http.StatusAccepted
		w.mu.Lock()
		w.spans += bytes.Count(body, []byte(`"traceId":`))
		w.mu.Unlock()
	case -1:
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: io.NopCloser(strings.NewReader(""))}, nil
}

func TestSinkWaitsForCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		s := newSink(t, zipkin.Config{Client: w.client()})
		began := time.Now()
		for _, r := range spantest.Samples(20) {
			time.Sleep(150 * time.Millisecond)
			s.Add(r)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(w.begun) != 3 && len(w.begun) != 4 || w.spans != 20 || w.begun[0].Sub(began) != time.Second {
			t.Errorf("%d spans in %d posts, the first after %v", w.spans, len(w.begun), w.begun[0].Sub(began))
		}
		if w.sampled {
			t.Error("a traced client would trace the posts")
		}
		check(t, s, 20)
	})
}

// A hop at its limits makes 60 thousand spans a second. A collector that takes
// half a second for each post gets all of them, in large posts; one that answers
// at once gets them in posts of half a MiB.
func TestSinkKeepsUp(t *testing.T) {
	for _, delay := range []time.Duration{0, 100 * time.Millisecond, 500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{delay: delay}
			s := newSink(t, zipkin.Config{Client: w.client()})
			r := full()
			const seconds, rate = 2, 60_000
			for range seconds * 100 {
				for range rate / 100 {
					s.Add(r)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if stats := check(t, s, seconds*rate); stats.Exported != seconds*rate || w.spans != seconds*rate {
				t.Errorf("behind %v: %+v, the collector has %d", delay, stats, w.spans)
			}
			most := 60
			if delay == 0 {
				most = 200
			}
			if n := len(w.begun); n > most {
				t.Errorf("behind %v: %d posts, want %d at most", delay, n, most)
			}
		})
	}
}

func TestSinkBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(post int) (int, string) {
			switch {
			case post <= 5:
				return -1, ""
			case post == 6:
				return http.StatusTooManyRequests, "7"
			case post == 7:
				return http.StatusServiceUnavailable, time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
			case post == 8:
				return http.StatusServiceUnavailable, "100000"
			default:
				return 0, ""
			}
		}}
		s := newSink(t, zipkin.Config{Client: w.client(), RetryMax: time.Second})
		for _, r := range spantest.Samples(20) {
			s.Add(r)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if stats := check(t, s, 20); stats.Exported != 20 || stats.Retries != 8 {
			t.Errorf("%+v", stats)
		}
		for i, least := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond,
			time.Second, 7 * time.Second, 29 * time.Second, time.Minute} {
			if waited := w.begun[i+1].Sub(w.begun[i]); waited < least || waited > least+least/2+time.Second {
				t.Errorf("%v before retry %d, want %v or up to a half more", waited, i+1, least)
			}
		}
	})
}

// While posts fail there is one at a time, and when the collector is back it
// gets what was kept.
func TestSinkOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := &wire{delay: 10 * time.Millisecond}
		w.answer = func(int) (int, string) {
			if time.Since(began) < 20*time.Second {
				return -1, ""
			}
			return 0, ""
		}
		s := newSink(t, zipkin.Config{Client: w.client(), MaxBodyBytes: 64 << 10})
		r := full()
		const n = 25_000
		for range 25 {
			for range n / 25 {
				s.Add(r)
			}
			time.Sleep(time.Second)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if stats := check(t, s, n); stats.Exported != n || w.spans != n {
			t.Errorf("%+v, the collector has %d", stats, w.spans)
		}
		during := 0
		for _, at := range w.begun {
			if at.Sub(began) < 20*time.Second {
				during++
			}
		}
		if during > 8*12 {
			t.Errorf("%d posts while the collector was down", during)
		}
	})
}

// No body is larger than MaxBodyBytes, whatever sizes the spans have that wait.
func TestSinkBodySize(t *testing.T) {
	const limit = 8 << 10
	for step := range 8 {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{delay: time.Second}
			s := newSink(t, zipkin.Config{Client: w.client(), MaxBodyBytes: limit, MaxBytes: 64 << 10, Uploads: 1})
			n := 0
			for size := range 60 {
				s.Add(&trace.Record{Name: strings.Repeat("x", (100*step+37*size)%700)})
				n++
				if size%20 == 0 {
					time.Sleep(100 * time.Millisecond)
				}
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if stats := check(t, s, n); stats.Exported != uint64(n) {
				t.Errorf("%+v", stats)
			}
			if w.largest > limit || w.largest < limit/2 {
				t.Errorf("the largest body has %d bytes, the limit is %d", w.largest, limit)
			}
		})
	}
}

// Once a post has succeeded after one that failed, posts run side by side again.
func TestSinkRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{delay: time.Second, answer: func(post int) (int, string) {
			if post == 1 {
				return -1, ""
			}
			return 0, ""
		}}
		s := newSink(t, zipkin.Config{Client: w.client(), MaxBodyBytes: 64 << 10})
		s.Add(full())
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if stats := s.Stats(); stats.Retries != 1 || stats.Exported != 1 {
			t.Errorf("%+v", stats)
		}
		const n = 2000
		for range n {
			s.Add(full())
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if check(t, s, n+1); w.most < 4 {
			t.Errorf("%d posts at a time after the collector was back", w.most)
		}
	})
}

// What waits never takes more than the budget, not even by one buffer.
func TestSinkBudgetIsExact(t *testing.T) {
	for _, budget := range []int{64 << 10, 100_000, 200_001} {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{delay: time.Hour}
			s := newSink(t, zipkin.Config{Client: w.client(), MaxBytes: budget, Compression: "none", Timeout: 2 * time.Hour})
			for range 1000 {
				s.Add(full())
				if held := s.Stats().QueuedBytes; held > uint64(budget) {
					t.Fatalf("%d bytes are held, the budget is %d", held, budget)
				}
			}
			if stats := s.Stats(); stats.Dropped.QueueFull == 0 || stats.QueuedBytes < uint64(budget)*3/4 {
				t.Errorf("the budget of %d was not spent: %+v", budget, stats)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_ = s.Close(ctx)
		})
	}
}

func TestSinkClose(t *testing.T) {
	t.Run("a dead collector ends it soon", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{answer: func(int) (int, string) { return -1, "" }}
			s := newSink(t, zipkin.Config{Client: w.client(), MaxBodyBytes: 64 << 10})
			for range 5000 {
				s.Add(full())
			}
			began := time.Now()
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if stats := check(t, s, 5000); stats.Dropped.Refused != 5000 {
				t.Errorf("%+v", stats)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	})
	t.Run("in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{delay: time.Minute}
			s := newSink(t, zipkin.Config{Client: w.client(), MaxBodyBytes: 64 << 10})
			for range 5000 {
				s.Add(full())
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			began := time.Now()
			if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close: %v", err)
			}
			if took := time.Since(began); took != 3*time.Second {
				t.Errorf("it took %v", took)
			}
			if stats := check(t, s, 5000); stats.Dropped.Shutdown != 5000 || w.most > 8 {
				t.Errorf("%+v, %d posts at a time", stats, w.most)
			}
		})
	})
	t.Run("a client that does not return", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{delay: time.Hour, stuck: true}
			s := newSink(t, zipkin.Config{Client: w.client()})
			s.Add(full())
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := s.Close(ctx); err == nil || !strings.Contains(err.Error(), "does not return") {
				t.Errorf("Close: %v", err)
			}
			time.Sleep(2 * time.Hour) // the client comes back
		})
	})
	t.Run("nothing to send", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := newSink(t, zipkin.Config{})
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A timeout is counted as one.
func TestSinkTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{delay: time.Hour}
		s := newSink(t, zipkin.Config{Client: w.client(), MaxRetries: -1})
		s.Add(full())
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if stats := check(t, s, 1); stats.Dropped.Timeout != 1 {
			t.Errorf("%+v", stats)
		}
	})
}
