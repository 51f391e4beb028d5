package zipkin_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/trace/zipkin"
)

// told is all that a log was told.
type told struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *told) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *told) times(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// statusTransport responds to everything with its status; 0: it hangs.
type statusTransport struct{ status atomic.Int64 }

func (s *statusTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.status.Load() == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
	return &http.Response{StatusCode: int(s.status.Load()), Body: http.NoBody, Header: http.Header{}}, nil
}

// TestLossIsSaidSeldom: lost spans are said at once, then once a minute with their
// number, and once when spans arrive again.
func TestLossIsSaidSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, to := new(told), new(statusTransport)
		s := newSink(t, zipkin.Config{Client: &http.Client{Transport: to}, ErrorLog: slog.New(slog.NewTextHandler(log, nil))})
		const lost, again = `msg="spans are lost" spans=`, `msg="spans arrive again" lost=`
		post := func(status int64, wantLost, wantAgain int) {
			t.Helper()
			to.status.Store(status)
			fill(s, 10)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if l, a := log.times(lost), log.times(again); l != wantLost || a != wantAgain {
				t.Errorf("status %d: lost %d times, again %d times:\n%s", status, l, a, log.text.String())
			}
		}
		post(202, 0, 0)
		for range 6 {
			post(400, 1, 0)
		}
		post(400, 2, 0)
		post(202, 2, 1)
		post(202, 2, 1)
		if log.times(lost+"10 ") != 1 || log.times(lost+"60 ") != 1 || log.times(again+"70 ") != 1 {
			t.Error(log.text.String())
		}
	})
}

// TestOverflowIsSaidSeldom: so are spans that the budget has no room for.
func TestOverflowIsSaidSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, to := new(told), new(statusTransport)
		s := newSink(t, zipkin.Config{Client: &http.Client{Transport: to}, MaxBytes: 300_000, MaxBodyBytes: 8 << 10, Timeout: time.Hour, ErrorLog: slog.New(slog.NewTextHandler(log, nil))})
		const lost, again = "because the queue is full\" spans=", "no more spans are lost because the queue is full"
		for range 30 {
			fill(s, 1000)
			time.Sleep(time.Second)
		}
		if s.Stats().Dropped.QueueFull == 0 || log.times(lost) != 1 || log.times(again) != 0 {
			t.Errorf("%+v:\n%s", s.Stats(), log.text.String())
		}
		to.status.Store(202)
		time.Sleep(time.Hour)
		synctest.Wait()
		if log.times(again) != 1 {
			t.Error(log.text.String())
		}
	})
}
