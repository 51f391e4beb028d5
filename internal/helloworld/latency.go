package helloworld

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// MaxLatency is the longest latency that an [App] takes, in its [Config] and by
// POST /setLatency, which everybody may send.
const MaxLatency = 10 * time.Second

// latency is how long an answer waits before work on it begins. It answers
// requests that set it.
type latency struct{ d atomic.Int64 }

func (l *latency) set(d time.Duration) error {
	if d < 0 || d > MaxLatency {
		return fmt.Errorf("latency %v: want 0 to %v", d, MaxLatency)
	}
	l.d.Store(int64(d))
	return nil
}

// wait returns once the time is over, or an error once ctx is.
func (l *latency) wait(ctx context.Context) error {
	d := time.Duration(l.d.Load())
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ServeHTTP sets it to the parameter "latency" of the query. Its answers are
// those of buoyantio/helloworld (docker/helloworld/http/http.go), which has no
// limit.
func (l *latency) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST required", http.StatusMethodNotAllowed)
		return
	}
	text := r.URL.Query().Get("latency")
	if text == "" {
		http.Error(w, "missing required parameter: latency", http.StatusBadRequest)
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		http.Error(w, "latency is not a valid duration", http.StatusBadRequest)
		return
	}
	if err := l.set(d); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok")
}
