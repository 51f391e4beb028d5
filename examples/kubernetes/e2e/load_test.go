package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// How much is asked while something fails: 250 requests a second, of which the two
// cores of a small machine hardly feel anything.
const (
	callers = 20
	pace    = callers * time.Second / 250
	// calm is how long the load goes on before a fault and after it.
	calm = time.Second
)

// A load is GETs that must all succeed.
type load struct {
	b *bed.Bed
	// through are addresses of hops, or of their Service; each caller has one.
	through []string
	// host is whom the callers want to reach.
	host string
	// answer, if not nil, is told of each answer's text.
	answer func(text string)
}

// during asks while fault happens, and some time before and after it. It prints how
// many requests there were, how many failed, and the worst latency, and fails the
// test if one failed.
func (l load) during(t *testing.T, name string, fault func()) {
	t.Helper()
	var seen tally
	// The context ends the callers, not what they are just asking.
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	stop := func() {
		cancel()
		all.Wait()
	}
	defer stop() // the fault may end the test
	for i := range callers {
		all.Go(func() { l.call(ctx, i, &seen) })
	}
	began := time.Now()
	time.Sleep(calm)
	fault()
	took := time.Since(began) - calm
	time.Sleep(calm)
	stop()
	t.Logf("%s (%v): %v", name, took.Round(100*time.Millisecond), &seen)
	if seen.requests < callers*int(2*calm/pace)/4 {
		t.Errorf("%s: that is no load", name)
	}
	for _, failure := range seen.failures {
		t.Errorf("%s: %s", name, failure)
	}
}

// call asks at its pace. Every fourth caller makes a connection for each request, as
// a program that has just started.
func (l load) call(ctx context.Context, number int, seen *tally) {
	transport := l.b.Transport()
	transport.DisableKeepAlives = number%4 == 0
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 20 * time.Second}
	through := l.through[number/4%len(l.through)]
	// Not all at the same moment.
	time.Sleep(time.Duration(number) * pace / callers)
	for tick := time.NewTicker(pace); ; {
		began := time.Now()
		text, err := get(&client, "http://"+through+"/", "Host: "+l.host)
		seen.add(time.Since(began), err, fmt.Sprintf("caller %d through %s", number, through))
		if err == nil && l.answer != nil {
			l.answer(text)
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// A tally counts requests.
type tally struct {
	mu       sync.Mutex
	began    time.Time
	requests int
	failed   int
	failures []string // the first ones
	slowest  time.Duration
}

func (s *tally) add(latency time.Duration, err error, who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == 0 {
		s.began = time.Now().Add(-latency)
	}
	s.requests++
	s.slowest = max(s.slowest, latency)
	if err == nil {
		return
	}
	s.failed++
	if len(s.failures) < 10 {
		s.failures = append(s.failures, fmt.Sprintf("after %v, %s, %v: %v",
			time.Since(s.began).Round(time.Millisecond), who, latency.Round(time.Millisecond), err))
	}
}

func (s *tally) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d requests, %d failed, the slowest took %v", s.requests, s.failed, s.slowest.Round(100*time.Microsecond))
}

// longestSilence asks a hop, on a new connection each time, until the function that
// it returns is called, which tells for how long there was no answer.
func longestSilence(b *bed.Bed, through, host string) func() time.Duration {
	ctx, cancel := context.WithCancel(context.Background())
	longest := make(chan time.Duration)
	go func() {
		transport := b.Transport()
		transport.DisableKeepAlives = true
		client := http.Client{Transport: transport, Timeout: time.Second}
		var silence time.Duration
		answered := time.Now()
		for ctx.Err() == nil {
			if _, err := get(&client, "http://"+through+"/", "Host: "+host); err == nil {
				silence, answered = max(silence, time.Since(answered)), time.Now()
			}
			time.Sleep(20 * time.Millisecond)
		}
		longest <- max(silence, time.Since(answered))
	}()
	return func() time.Duration {
		cancel()
		return <-longest
	}
}
