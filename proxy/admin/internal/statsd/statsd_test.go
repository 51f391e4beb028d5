package statsd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/proxy/admin/internal/statsd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a statsd in memory: what it got, packet by packet.
type wire struct {
	net.Conn
	mu      sync.Mutex
	packets []string
	at      []time.Time
	dials   int
	closed  int
	refuse  func(packet int) error // of each write, also of those that failed
	writes  int
	failing error // of dials
}

func (w *wire) dial(_ context.Context, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if network != "udp" || addr != "statsd:8125" {
		return nil, errors.New(network + " " + addr)
	}
	if w.dials++; w.failing != nil {
		return nil, w.failing
	}
	return w, nil
}

func (w *wire) Write(packet []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writes++; w.refuse != nil {
		if err := w.refuse(w.writes); err != nil {
			return 0, err
		}
	}
	w.packets, w.at = append(w.packets, string(packet)), append(w.at, time.Now())
	return len(packet), nil
}

func (w *wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed++
	return nil
}

// lines are those of all packets so far, sorted; they are taken away.
func (w *wire) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, p := range w.packets {
		all = append(all, strings.Split(p, "\n")...)
	}
	w.packets, w.at = nil, nil
	slices.Sort(all)
	return all
}

func newSender(w *wire, prefix string) *statsd.Sender {
	return statsd.New(statsd.Config{Addr: "statsd:8125", Prefix: prefix, Dial: w.dial})
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestNames: what metrics are called.
func TestNames(t *testing.T) {
	for _, row := range []struct{ vector, prefix, path, want string }{
		{"340", "", "rt/http/client/#/io.l5d.fs/default/path/http/1.1/GET/default/request_latency_ms", "rt.http.client._.io_l5d_fs.default.path.http.1_1.GET.default.request_latency_ms"},
		{"341", "", `foo/$//bar/baz.stuff#word?who//what^when*where\why/#/^//\huh?@$%^&`, "foo._.bar.baz_stuff_word_who.what_when_where_why._._._huh______"},
		{"", "linkerd", "jvm/uptime", "linkerd.jvm.uptime"},
		{"", "a b/c", "ä", "a b/c._"},
	} {
		t.Run("vector "+row.vector, func(t *testing.T) {
			w := new(wire)
			newSender(w, row.prefix).Flush(t.Context(), statsd.Whole, func(r *statsd.Reading) { r.Counter(row.path, 1, false) })
			expect(t, row.path, w.lines(), row.want+":1|c")
		})
	}
}

// TestFlush: what is sent of what is read, time after time.
func TestFlush(t *testing.T) {
	w := new(wire)
	s := newSender(w, "")
	durations := new(histogram.Histogram)
	stat := func() statsd.Stat {
		all := durations.Read(time.Second).All
		return statsd.Stat{Counts: all, Unit: time.Millisecond, Count: all.Count(), Sum: all.Sum / 1e6}
	}
	for _, step := range []struct {
		name string
		part statsd.Part
		read func(r *statsd.Reading)
		want []string
	}{
		{"counters begin at 0", statsd.Whole, func(r *statsd.Reading) {
			r.Counter("a", 3, false)
			r.Counter("zero", 0, false)
			r.Counter("other", 10, true)
			r.Gauge("g", 1.5)
			r.Gauge("less", -2)
			r.Gauge("tiny", 0.1234567)
		}, []string{"a:3|c", "other:10|c", "g:1.5|g", "less:0|g", "less:-2|g", "tiny:0.123457|g"}},
		{"and are sent as what they grew by; gauges always", statsd.Whole, func(r *statsd.Reading) {
			r.Counter("a", 5, false)
			r.Counter("other", 4, true)
			r.Gauge("g", 1.5)
		}, []string{"a:2|c", "g:1.5|g"}},
		{"one that becomes less", statsd.Whole, func(r *statsd.Reading) { r.Counter("a", 1, false); r.Counter("other", 6, true) }, []string{"other:2|c"}},
		{"has begun anew", statsd.Whole, func(r *statsd.Reading) { r.Counter("a", 4, false) }, []string{"a:4|c"}},
		{"or was not read right", statsd.Whole, func(r *statsd.Reading) { r.Counter("a", 0, false) }, nil},
		{"the last time", statsd.Whole, func(r *statsd.Reading) { r.Counter("a", 5, false) }, []string{"a:1|c"}},
		{"what goes is forgotten", statsd.Whole, func(r *statsd.Reading) {}, nil},
		{"and begins at 0", statsd.Whole, func(r *statsd.Reading) { r.Counter("a", 5, false) }, []string{"a:5|c"}},
		{"unless another one reads too", statsd.Shared, func(r *statsd.Reading) { r.Counter("b", 1, false) }, []string{"b:1|c"}},
		{"which sends the gauges", statsd.Rest, func(r *statsd.Reading) { r.Counter("a", 7, false); r.Gauge("g", 1); r.Stat("s", stat()) }, []string{"a:2|c"}},
		{"no duration", statsd.Whole, func(r *statsd.Reading) { r.Stat("s", stat()) }, nil},
		{"durations", statsd.Whole, func(r *statsd.Reading) {
			for i := range 10 {
				durations.Record(time.Second, time.Duration(i+1)*10*time.Millisecond)
			}
			r.Stat("s", stat())
		}, []string{
			"s.count:10|c", "s.sum:550|c", "s.avg:55|g", "s.min:10|g", "s.p50:49|g", "s.p90:89|g", "s.p95:99|g", "s.p99:99|g", "s.p999:99|g", "s.p9999:99|g", "s.max:99|g",
		}},
		{"those of this time only", statsd.Whole, func(r *statsd.Reading) {
			durations.Record(time.Second, 30*time.Millisecond)
			r.Stat("s", stat())
		}, []string{
			"s.count:1|c", "s.sum:30|c", "s.avg:30|g", "s.min:29|g", "s.p50:29|g", "s.p90:29|g", "s.p95:29|g", "s.p99:29|g", "s.p999:29|g", "s.p9999:29|g", "s.max:29|g",
		}},
		{"zeros once after the last", statsd.Whole, func(r *statsd.Reading) { r.Stat("s", stat()) }, []string{
			"s.avg:0|g", "s.min:0|g", "s.p50:0|g", "s.p90:0|g", "s.p95:0|g", "s.p99:0|g", "s.p999:0|g", "s.p9999:0|g", "s.max:0|g",
		}},
		{"and then nothing", statsd.Whole, func(r *statsd.Reading) { r.Stat("s", stat()) }, nil},
	} {
		s.Flush(t.Context(), step.part, step.read)
		expect(t, step.name, w.lines(), step.want...)
	}
	s.Prime(func(r *statsd.Reading) { r.Counter("primed", 100, false) })
	s.Flush(t.Context(), statsd.Whole, func(r *statsd.Reading) { r.Counter("primed", 101, false) })
	expect(t, "primed", w.lines(), "primed:1|c")
}

// TestPackets: packets are at most 1400 bytes of whole lines, and come in bursts that a
// receive buffer takes.
func TestPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(wire)
		s := newSender(w, "linkerd")
		const n = 10_000
		s.Flush(t.Context(), statsd.Whole, func(r *statsd.Reading) {
			for i := range n {
				r.Counter(fmt.Sprintf("rt/outgoing/service/svc/%d/requests", i), 1, false)
			}
			r.Counter(strings.Repeat("x", 1400), 1, false) // which no packet takes
		})
		burst := map[time.Time]int{}
		for i, p := range w.packets {
			if len(p) > 1400 || i < len(w.packets)-1 && len(p) < 1300 || p[len(p)-1] == '\n' {
				t.Errorf("packet %d has %d bytes", i, len(p))
			}
			if burst[w.at[i]]++; burst[w.at[i]] > 8 {
				t.Errorf("more than 8 packets at once")
			}
		}
		stats := s.Stats()
		if got := len(w.lines()); got != n || stats.Packets < 300 || stats.Failed != 1 {
			t.Errorf("%d lines, %+v", got, stats)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		s.Flush(ctx, statsd.Whole, func(r *statsd.Reading) {
			for i := range n {
				r.Counter(fmt.Sprintf("rt/outgoing/service/svc/%d/requests", i), 2, false)
			}
		})
		if sent, failed := s.Stats().Packets-stats.Packets, s.Stats().Failed-stats.Failed; sent > 50 || sent+failed != stats.Packets {
			t.Errorf("in 5 ms %d packets were sent, and %d were not", sent, failed)
		}
	})
}

// TestNobodyListens: what cannot be sent is counted and said once, and the sender comes
// back by itself.
func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		w := &wire{failing: errors.New("no such host")}
		s := statsd.New(statsd.Config{Addr: "statsd:8125", Dial: w.dial, ErrorLog: slog.New(slog.NewTextHandler(&log, nil))})
		total := 0.0
		flush := func() {
			<-time.After(10 * time.Second)
			total++
			s.Flush(t.Context(), statsd.Whole, func(r *statsd.Reading) { r.Counter("a", total, false) })
		}
		flush()
		flush()
		if got := s.Stats(); got != (statsd.Stats{Failed: 2}) || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "no such host") {
			t.Errorf("%+v, %s", got, log.String())
		}
		w.failing = nil
		flush()
		expect(t, "nothing was lost", w.lines(), "a:3|c")
		if strings.Contains(log.String(), "again") {
			t.Errorf("it is not known yet whether anybody listens: %s", log.String())
		}
		flush()
		if !strings.Contains(log.String(), "is sent metrics again") {
			t.Errorf("it is not said that it is over: %s", log.String())
		}
		w.lines()

		// What an earlier packet came to is an error of the next one, which is not sent.
		w.refuse = func(write int) error {
			if write%2 == 0 {
				return syscall.ECONNREFUSED
			}
			return nil
		}
		w.writes, w.dials, w.closed = 0, 0, 0
		before := s.Stats().Failed
		for range 60 {
			flush()
		}
		if got := w.lines(); len(got) != 60 {
			t.Errorf("%d lines", len(got))
		}
		if failed := s.Stats().Failed - before; failed < 20 || w.dials < 20 || w.closed < 20 {
			t.Errorf("%d failures, %d dials, %d closed", failed, w.dials, w.closed)
		}
		if said := strings.Count(log.String(), "refused"); said < 2 || said > 11 {
			t.Errorf("in 10 minutes it was said %d times:\n%s", said, log.String())
		}
		if got := strings.Count(log.String(), "again"); got != 1 {
			t.Errorf("it is said that it is over, %d times", got)
		}
		w.refuse = func(int) error { return syscall.ECONNREFUSED }
		flush()
		if got := w.lines(); got != nil {
			t.Errorf("%q were sent", got)
		}
		s.Close()
		s.Close()
	})
}

// TestNameIsLookedUpAgain: a statsd that moves is found.
func TestNameIsLookedUpAgain(t *testing.T) {
	w := new(wire)
	s := newSender(w, "")
	for range 13 {
		s.Flush(t.Context(), statsd.Whole, func(r *statsd.Reading) { r.Gauge("g", 1) })
	}
	if w.dials != 3 || w.closed != 2 {
		t.Errorf("%d dials, %d closed", w.dials, w.closed)
	}
	s.Close()
	if w.closed != 3 {
		t.Error("it is not closed")
	}
}
