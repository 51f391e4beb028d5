package trace_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is an exporter that answers what the test says.
type scripted struct {
	answer func(ctx context.Context, call int, spans []*trace.Record) error

	mu       sync.Mutex
	calls    int
	got      map[*trace.Record]int
	closed   int
	sampled  bool
	shutdown error
}

func (s *scripted) Export(ctx context.Context, spans []*trace.Record) error {
	s.mu.Lock()
	s.calls++
	call := s.calls
	s.sampled = s.sampled || trace.FromContext(ctx).Decision() != trace.Drop
	s.mu.Unlock()
	var err error
	if s.answer != nil {
		err = s.answer(ctx, call, spans)
	}
	sent := len(spans)
	if err != nil {
		sent = 0
		if known := new(trace.ExportError); errors.As(err, &known) {
			sent = known.Sent
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.got == nil {
		s.got = map[*trace.Record]int{}
	}
	for _, r := range spans[:sent] {
		s.got[r]++
	}
	return err
}

func (s *scripted) Shutdown(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return s.shutdown
}

func pipeline(t *testing.T, c trace.PipelineConfig) *trace.Pipeline {
	t.Helper()
	p, err := trace.NewPipeline(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func add(p *trace.Pipeline, n int) {
	for range n {
		p.Add(&trace.Record{})
	}
}

// settled checks the sum, and what the exporter says it got.
func settled(t *testing.T, p *trace.Pipeline, e *scripted, want trace.PipelineStats) {
	t.Helper()
	got := p.Stats()
	if got != want {
		t.Errorf("stats\n%+v, want\n%+v", got, want)
	}
	if got.Received != got.Exported+got.Dropped.Total()+got.Queued {
		t.Errorf("the sum is wrong: %+v", got)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if uint64(len(e.got)) != got.Exported {
		t.Errorf("the exporter got %d spans", len(e.got))
	}
	for _, times := range e.got {
		if times != 1 {
			t.Errorf("a span was delivered %d times", times)
		}
	}
	if e.sampled {
		t.Error("an export ran in a ctx in which spans are recorded")
	}
}

func closed(t *testing.T, p *trace.Pipeline, e *scripted) {
	t.Helper()
	if err := p.Close(context.Background()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Errorf("Close, again: %v", err)
	}
	if e.closed != 1 {
		t.Errorf("the exporter was shut down %d times", e.closed)
	}
}

func TestPipelineDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(scripted)
		p := pipeline(t, trace.PipelineConfig{Exporter: e, BatchSize: 10})
		add(p, 9)
		synctest.Wait()
		settled(t, p, e, trace.PipelineStats{Received: 9, Queued: 9})
		add(p, 1)
		synctest.Wait()
		settled(t, p, e, trace.PipelineStats{Received: 10, Exported: 10})
		add(p, 3)
		time.Sleep(time.Second)
		synctest.Wait()
		settled(t, p, e, trace.PipelineStats{Received: 13, Exported: 13})
		add(p, 25)
		if err := p.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		settled(t, p, e, trace.PipelineStats{Received: 38, Exported: 38})
		if e.calls < 5 {
			t.Errorf("%d exports: the batches were too large", e.calls)
		}
		add(p, 4)
		closed(t, p, e)
		settled(t, p, e, trace.PipelineStats{Received: 42, Exported: 42})
		add(p, 2)
		if err := p.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		settled(t, p, e, trace.PipelineStats{Received: 44, Exported: 42, Dropped: trace.Drops{Shutdown: 2}})
	})
}

func TestPipelineKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		e := &scripted{answer: func(_ context.Context, _ int, spans []*trace.Record) error {
			for _, r := range spans {
				order = append(order, r.Name)
			}
			return nil
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, BatchSize: 3})
		for i := range 7 {
			p.Add(&trace.Record{Name: fmt.Sprint(i)})
		}
		closed(t, p, e)
		if got := fmt.Sprint(order); got != "[0 1 2 3 4 5 6]" {
			t.Error(got)
		}
	})
}

func TestPipelineSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{answer: func(ctx context.Context, _ int, _ []*trace.Record) error {
			time.Sleep(time.Second)
			return nil
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, QueueSize: 100, BatchSize: 10})
		start := time.Now()
		add(p, 150)
		if took := time.Since(start); took != 0 {
			t.Errorf("Add blocked for %v", took)
		}
		closed(t, p, e)
		settled(t, p, e, trace.PipelineStats{Received: 150, Exported: 100, Dropped: trace.Drops{QueueFull: 50}})
	})
}

func TestPipelineStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{answer: func(ctx context.Context, _ int, _ []*trace.Record) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, QueueSize: 100, BatchSize: 50, ExportTimeout: 2 * time.Second, MaxRetries: 1})
		add(p, 60)
		time.Sleep(5 * time.Second) // two tries of the first batch, and a pause
		synctest.Wait()
		settled(t, p, e, trace.PipelineStats{Received: 60, Queued: 10, Retries: 1, Dropped: trace.Drops{Timeout: 50}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush: %v", err)
		}
		begin := time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(begin); took > 100*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		s := p.Stats()
		if s.Queued != 0 || s.Dropped.Shutdown+s.Dropped.Timeout != 60 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPipelineDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		var at []time.Time
		e := &scripted{answer: func(context.Context, int, []*trace.Record) error {
			at = append(at, time.Now())
			return fmt.Errorf("post: %w", refused)
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, BatchSize: 5, MaxRetries: 6, RetryMax: time.Second})
		add(p, 5)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		settled(t, p, e, trace.PipelineStats{Received: 5, Retries: 6, Dropped: trace.Drops{Refused: 5}})
		for i := range at[1:] {
			pause := at[i+1].Sub(at[i])
			least := min(100*time.Millisecond<<i, time.Second)
			if pause < least || pause > least*3/2+1 {
				t.Errorf("pause %d is %v, want %v and up to a half more", i, pause, least)
			}
		}
		closed(t, p, e)
	})
}

func TestPipelineRefusing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{answer: func(context.Context, int, []*trace.Record) error {
			return &trace.ExportError{Reason: "status", Permanent: true}
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e})
		add(p, 5)
		closed(t, p, e)
		settled(t, p, e, trace.PipelineStats{Received: 5, Dropped: trace.Drops{Status: 5}})
		if e.calls != 1 {
			t.Errorf("tried %d times", e.calls)
		}
	})
}

func TestPipelineFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{answer: func(_ context.Context, call int, _ []*trace.Record) error {
			switch call % 4 {
			case 1:
				return &trace.ExportError{Reason: "status"}
			case 2:
				return &trace.ExportError{Reason: "status", Sent: 3}
			case 3:
				return errors.New("connection reset")
			default:
				return nil
			}
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, BatchSize: 10, FlushEvery: time.Hour})
		for range 20 {
			add(p, 10)
			time.Sleep(10 * time.Second)
		}
		closed(t, p, e)
		settled(t, p, e, trace.PipelineStats{Received: 200, Exported: 200, Retries: 60})
	})
}

func TestPipelineRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{answer: func(_ context.Context, call int, _ []*trace.Record) error {
			if call == 1 {
				return &trace.ExportError{Reason: "status", RetryAfter: time.Hour}
			}
			return nil
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, BatchSize: 1})
		begin := time.Now()
		add(p, 1)
		closed(t, p, e)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("waited %v, not the greatest pause", took)
		}
		settled(t, p, e, trace.PipelineStats{Received: 1, Exported: 1, Retries: 1})
	})
}

// An exporter that takes a part of a batch each time gets all of it, however
// many times that takes.
func TestPipelineGetsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{answer: func(_ context.Context, call int, spans []*trace.Record) error {
			if len(spans) == 1 {
				return nil
			}
			return &trace.ExportError{Reason: "status", Sent: 1, Err: errors.New("one at a time")}
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, MaxRetries: 2, RetryMin: 100 * time.Millisecond, RetryMax: time.Hour})
		begun := time.Now()
		add(p, 30)
		closed(t, p, e)
		settled(t, p, e, trace.PipelineStats{Received: 30, Exported: 30, Retries: 29})
		if took := time.Since(begun); took > 29*150*time.Millisecond {
			t.Errorf("it took %v: the wait grows although the exporter gets on", took)
		}
	})
}

// nothing is an exporter that costs nothing.
type nothing struct{}

func (nothing) Export(context.Context, []*trace.Record) error { return nil }
func (nothing) Shutdown(context.Context) error                { return nil }

// A span that is added while Close returns is accounted for. There are more
// threads than processors, so that some are always stopped somewhere in Add.
func TestPipelineAddWhileClosing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for range 20 {
		p := pipeline(t, trace.PipelineConfig{Exporter: nothing{}, QueueSize: 1 << 20, BatchSize: 256})
		var over atomic.Bool
		var adding sync.WaitGroup
		for range 7 {
			adding.Go(func() {
				r := new(trace.Record)
				for !over.Load() {
					p.Add(r)
				}
			})
		}
		time.Sleep(200 * time.Microsecond)
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		over.Store(true)
		adding.Wait()
		if s := p.Stats(); s.Queued != 0 || s.Received != s.Exported+s.Dropped.Total() {
			t.Fatalf("spans are neither exported nor dropped: %+v", s)
		}
	}
}

func TestPipelineNeverRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &scripted{
			answer:   func(context.Context, int, []*trace.Record) error { return errors.New("no") },
			shutdown: errors.New("cannot"),
		}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, MaxRetries: -1})
		add(p, 1)
		if err := p.Close(t.Context()); !errors.Is(err, e.shutdown) {
			t.Errorf("Close: %v", err)
		}
		settled(t, p, e, trace.PipelineStats{Received: 1, Dropped: trace.Drops{Refused: 1}})
	})
}

func TestPipelineIgnoredContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := &scripted{answer: func(context.Context, int, []*trace.Record) error {
			<-release
			return nil
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, BatchSize: 1})
		add(p, 1)
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin := time.Now()
		if err := p.Close(ctx); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(begin))
		}
		close(release)
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		settled(t, p, e, trace.PipelineStats{Received: 1, Exported: 1})
	})
}

// Whatever the order in which many goroutines add and one closes, no span is
// unaccounted for.
func TestPipelineUnderFire(t *testing.T) {
	for range 20 {
		e := &scripted{answer: func(_ context.Context, call int, _ []*trace.Record) error {
			if call%3 == 0 {
				return &trace.ExportError{Reason: "status", Permanent: true}
			}
			return nil
		}}
		p := pipeline(t, trace.PipelineConfig{Exporter: e, QueueSize: 200, BatchSize: 20, FlushEvery: time.Millisecond})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { add(p, 500) })
		}
		wg.Go(func() {
			for range 50 {
				if s := p.Stats(); s.Queued > 4000 || s.Received != s.Exported+s.Dropped.Total()+s.Queued {
					t.Errorf("%+v", s)
				}
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		s := p.Stats()
		if s.Received != 4000 || s.Queued != 0 || s.Exported != uint64(len(e.got)) {
			t.Errorf("%+v, exporter got %d", s, len(e.got))
		}
	}
}

func TestPipelineConfig(t *testing.T) {
	for name, c := range map[string]trace.PipelineConfig{
		"no exporter":   {},
		"QueueSize":     {Exporter: new(scripted), QueueSize: -1},
		"BatchSize":     {Exporter: new(scripted), BatchSize: -1},
		"FlushEvery":    {Exporter: new(scripted), FlushEvery: -1},
		"ExportTimeout": {Exporter: new(scripted), ExportTimeout: -1},
		"RetryMin":      {Exporter: new(scripted), RetryMin: -1},
		"RetryMax":      {Exporter: new(scripted), RetryMax: -1},
	} {
		if p, err := trace.NewPipeline(c); err == nil {
			t.Errorf("%s: accepted", name)
			_ = p.Close(t.Context())
		}
	}
}

func TestExportErrorText(t *testing.T) {
	if e := new(trace.ExportError); e.Error() != "trace: export: refused" {
		t.Errorf("%v", e)
	}
	if e := (&trace.ExportError{Reason: "status"}); e.Error() != "trace: export: status" || e.Unwrap() != nil {
		t.Errorf("%v", e)
	}
}

// A span that an exporter's client starts is not recorded.
func TestExportIsNotTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *trace.Pipeline
		var tracer oteltrace.Tracer
		e := &scripted{answer: func(ctx context.Context, _ int, _ []*trace.Record) error {
			_, span := tracer.Start(ctx, "post")
			span.End()
			return nil
		}}
		p = pipeline(t, trace.PipelineConfig{Exporter: e})
		tracer = provider(t, trace.ProviderConfig{Sink: p, Sampler: sampler(t, 1)}).Tracer("")
		_, span := tracer.Start(t.Context(), "work")
		span.End()
		if err := p.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		closed(t, p, e)
		settled(t, p, e, trace.PipelineStats{Received: 1, Exported: 1})
	})
}
