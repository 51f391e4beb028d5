package trace_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func provider(t testing.TB, c trace.ProviderConfig) *trace.Provider {
	t.Helper()
	p, err := trace.NewProvider(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recorded returns a provider that keeps everything, and its recorder.
func recorded(t testing.TB) (*trace.Provider, *tracetest.Recorder) {
	t.Helper()
	rec := new(tracetest.Recorder)
	return provider(t, trace.ProviderConfig{Sink: rec, Sampler: sampler(t, 1)}), rec
}

func TestIDs(t *testing.T) {
	undecided := provider(t, trace.ProviderConfig{})
	start := func(parent trace.Context) trace.Context {
		ctx := t.Context()
		if parent.IsValid() {
			ctx = trace.ContextWithRemote(ctx, parent)
		}
		ctx, span := undecided.Tracer("").Start(ctx, "x")
		if got, want := oteltrace.SpanFromContext(ctx), span; got != want {
			t.Errorf("SpanFromContext is another span: %v", got)
		}
		return trace.FromContext(ctx)
	}
	t.Run("vector 9: a root has a 64-bit id and no flags", func(t *testing.T) {
		c := start(trace.Context{})
		if len(c.Span.String()) != 16 || [8]byte(c.Trace[:8]) != [8]byte{} || c.Wide || c.Parent.IsValid() || c.L5d().Flags != 0 {
			t.Errorf("%+v", c)
		}
		if !c.L5d().IsRoot() || c.L5d().Span != c.L5d().Trace {
			t.Errorf("not the root of Finagle: %+v", c.L5d())
		}
	})
	t.Run("vector 10: the next id", func(t *testing.T) {
		parent := start(trace.Context{})
		c := start(parent)
		if c.Trace != parent.Trace || c.Parent != parent.Span || c.Span == parent.Span || !c.Span.IsValid() {
			t.Errorf("below %+v: %+v", parent, c)
		}
	})
	t.Run("vector 11: flags are inherited", func(t *testing.T) {
		parent := start(trace.Context{})
		parent.Flags = 1 | 1<<43
		c := start(parent)
		if c.Flags != parent.Flags || c.L5d().Flags != 7|1<<43 {
			t.Errorf("%+v, out %x", c, c.L5d().Flags)
		}
	})
	t.Run("vector 12: a decided id is not decided again", func(t *testing.T) {
		eager := provider(t, trace.ProviderConfig{Sampler: sampler(t, 1)})
		parent := start(trace.Context{})
		parent.Sampling = trace.Drop
		ctx, _ := eager.Tracer("").Start(trace.ContextWithRemote(t.Context(), parent), "x")
		if c := trace.FromContext(ctx); c.Sampling != trace.Drop {
			t.Errorf("%+v", c)
		}
	})
	t.Run("wide", func(t *testing.T) {
		wide := provider(t, trace.ProviderConfig{WideIDs: true})
		ctx, _ := wide.Tracer("").Start(t.Context(), "x")
		c := trace.FromContext(ctx)
		if !c.Wide || [4]byte(c.Trace[:4]) == [4]byte{} || [8]byte(c.Trace[8:]) != c.Span {
			t.Errorf("%+v", c)
		}
	})
}

func TestSpan(t *testing.T) {
	p, rec := recorded(t)
	tracer := p.Tracer("scope", oteltrace.WithInstrumentationVersion("1.2"))
	begin := time.Now().Add(-time.Hour)
	parentCtx, parent := tracer.Start(t.Context(), "parent")
	_, linked := tracer.Start(t.Context(), "linked")
	_, span := tracer.Start(parentCtx, "child",
		oteltrace.WithTimestamp(begin),
		oteltrace.WithSpanKind(oteltrace.SpanKindProducer),
		oteltrace.WithLinks(oteltrace.Link{SpanContext: linked.SpanContext()}),
		oteltrace.WithAttributes(attribute.String("a", "1"), attribute.Int("b", 2)))
	if !span.IsRecording() || span.TracerProvider() != oteltrace.TracerProvider(p) {
		t.Error("not recording, or of another provider")
	}
	span.SetName("renamed")
	span.SetAttributes(attribute.Bool("a", true), attribute.String("", "no key"))
	span.AddEvent("e", oteltrace.WithTimestamp(begin.Add(1)), oteltrace.WithAttributes(attribute.Int("n", 1)))
	span.AddLink(oteltrace.Link{})
	span.RecordError(nil)
	span.RecordError(errors.New("boom"), oteltrace.WithTimestamp(begin.Add(2)))
	span.SetStatus(codes.Error, "bad")
	span.SetStatus(codes.Unset, "")
	span.End(oteltrace.WithTimestamp(begin.Add(time.Second)))

	span.SetName("late")
	span.SetAttributes(attribute.Int("late", 1))
	span.AddEvent("late")
	span.RecordError(errors.New("late"))
	span.AddLink(oteltrace.Link{SpanContext: parent.SpanContext()})
	span.SetStatus(codes.Ok, "")
	span.End()
	if span.IsRecording() {
		t.Error("still recording after End")
	}

	got := rec.Records()
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	want := &trace.Record{
		Context: trace.FromContext(oteltrace.ContextWithSpan(context.Background(), span)), Name: "renamed", Service: "unknown", Kind: oteltrace.SpanKindProducer,
		Start: begin, End: begin.Add(time.Second),
		Attributes: []attribute.KeyValue{attribute.Bool("a", true), attribute.Int("b", 2)},
		Events: []trace.Event{
			{Name: "e", Time: begin.Add(1), Attributes: []attribute.KeyValue{attribute.Int("n", 1)}},
			{Name: "exception", Time: begin.Add(2), Attributes: []attribute.KeyValue{
				attribute.String("exception.type", "*errors.errorString"), attribute.String("exception.message", "boom")}},
		},
		Links:  []oteltrace.Link{{SpanContext: linked.SpanContext()}},
		Status: codes.Error, StatusText: "bad",
		Scope: "scope", ScopeVersion: "1.2",
		DroppedAttributes: 1,
	}
	if d := cmp.Diff(want, got[0], cmp.Comparer(func(a, b attribute.Value) bool { return a.String() == b.String() }), cmpopts.EquateComparable(netip.AddrPort{}, trace.Context{})); d != "" {
		t.Error(d)
	}
	if got[0].Parent != parent.SpanContext().SpanID() || got[0].Context.Trace != parent.SpanContext().TraceID() {
		t.Error("not a child of its parent")
	}
	sc := span.SpanContext()
	if !sc.IsSampled() || sc.IsRemote() || sc.SpanID() != got[0].Span {
		t.Errorf("span context %v", sc)
	}
}

func TestStatusOkIsFinal(t *testing.T) {
	p, rec := recorded(t)
	_, span := p.Tracer("").Start(t.Context(), "x")
	span.SetStatus(codes.Error, "bad")
	span.SetStatus(codes.Ok, "ignored")
	span.SetStatus(codes.Error, "too late")
	span.End()
	if r := rec.Records()[0]; r.Status != codes.Ok || r.StatusText != "" {
		t.Errorf("status %v %q", r.Status, r.StatusText)
	}
}

func TestEndIsNotBeforeStart(t *testing.T) {
	p, rec := recorded(t)
	_, span := p.Tracer("").Start(t.Context(), "x")
	span.End(oteltrace.WithTimestamp(time.Unix(1, 0)))
	if r := rec.Records()[0]; !r.End.Equal(r.Start) {
		t.Errorf("from %v to %v", r.Start, r.End)
	}
}

func TestNewRoot(t *testing.T) {
	p, rec := recorded(t)
	ctx, parent := p.Tracer("").Start(t.Context(), "parent")
	_, span := p.Tracer("").Start(ctx, "x", oteltrace.WithNewRoot())
	span.End()
	if r := rec.Records()[0]; r.Parent.IsValid() || r.Trace == parent.SpanContext().TraceID() {
		t.Errorf("%+v", r.Context)
	}
}

func TestForeignParent(t *testing.T) {
	p, rec := recorded(t)
	state, _ := oteltrace.ParseTraceState("a=1")
	sc := oteltrace.NewSpanContext(oteltrace.SpanContextConfig{
		TraceID: oteltrace.TraceID{1}, SpanID: oteltrace.SpanID{2}, TraceFlags: oteltrace.FlagsSampled, TraceState: state, Remote: true})
	ctx, span := p.Tracer("").Start(oteltrace.ContextWithSpanContext(t.Context(), sc), "x")
	span.End()
	r := rec.Records()[0]
	if r.Trace != sc.TraceID() || r.Parent != sc.SpanID() || !r.Wide || oteltrace.SpanContextFromContext(ctx).TraceState().String() != "a=1" {
		t.Errorf("%+v", r.Context)
	}
	_, quiet := p.Tracer("").Start(oteltrace.ContextWithSpanContext(t.Context(), sc.WithTraceFlags(0)), "x")
	if quiet.IsRecording() {
		t.Error("a child of a span that is not sampled records")
	}
}

func TestRemote(t *testing.T) {
	c := trace.Context{Trace: oteltrace.TraceID{15: 1}, Span: oteltrace.SpanID{7: 2}, Sampling: trace.Keep, State: "a=1"}
	span := oteltrace.SpanFromContext(trace.ContextWithRemote(t.Context(), c))
	sc := span.SpanContext()
	if !sc.IsRemote() || !sc.IsSampled() || sc.TraceState().String() != "a=1" || span.IsRecording() {
		t.Errorf("%v", sc)
	}
	if _, child := span.TracerProvider().Tracer("").Start(t.Context(), "x"); child.IsRecording() {
		t.Error("the provider of a remote span records")
	}
}

func TestLimits(t *testing.T) {
	rec := new(tracetest.Recorder)
	p := provider(t, trace.ProviderConfig{Sink: rec, Sampler: sampler(t, 1), Limits: trace.Limits{
		Attributes: 2, Events: 2, Links: 1, AttributesPerEvent: 1, ValueBytes: 5,
	}})
	kept := trace.Context{Trace: oteltrace.TraceID{15: 1}, Span: oteltrace.SpanID{7: 2}, Sampling: trace.Keep}
	_, span := p.Tracer("").Start(trace.ContextWithRemote(t.Context(), kept), "a long name")
	link := oteltrace.Link{SpanContext: span.SpanContext()}
	for _, k := range []string{"a", "b", "c", "d", "a"} {
		span.SetAttributes(attribute.String(k, "value of "+k))
		span.AddEvent(k, oteltrace.WithAttributes(attribute.Int("x", 1), attribute.Int("y", 2)))
		span.AddLink(link)
	}
	span.SetAttributes(attribute.StringSlice("b", []string{"one", "two"}), attribute.String("a", "näää"))
	span.End()
	r := rec.Records()[0]
	if r.Name != "a lon" {
		t.Errorf("name %q", r.Name)
	}
	if d := cmp.Diff(map[string]string{"a": "nää", "b": `["one`}, tracetest.Tags(r)); d != "" {
		t.Error(d)
	}
	if len(r.Events) != 2 || len(r.Events[0].Attributes) != 1 || len(r.Links) != 1 {
		t.Errorf("%d events, %d links", len(r.Events), len(r.Links))
	}
	// Two keys, and one attribute in each of the two events.
	if got, want := [3]int{r.DroppedAttributes, r.DroppedEvents, r.DroppedLinks}, [3]int{4, 3, 4}; got != want {
		t.Errorf("dropped %v, want %v", got, want)
	}
	if _, err := trace.NewProvider(trace.ProviderConfig{Limits: trace.Limits{Events: -1}}); err == nil || !strings.Contains(err.Error(), "Events") {
		t.Errorf("a negative limit: %v", err)
	}
}

func TestConcurrentSpan(t *testing.T) {
	p, rec := recorded(t)
	_, span := p.Tracer("").Start(t.Context(), "x")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				span.SetAttributes(attribute.Int("n", i))
				span.AddEvent("e")
				span.SetName("y")
				_ = span.SpanContext()
				if i == 0 {
					span.End()
				}
			}
		})
	}
	wg.Wait()
	if n := len(rec.Records()); n != 1 {
		t.Errorf("%d records", n)
	}
}

func TestNothingIsRecordedWithoutASink(t *testing.T) {
	p := provider(t, trace.ProviderConfig{Sampler: sampler(t, 1)})
	ctx, span := p.Tracer("").Start(context.Background(), "x")
	if span.IsRecording() {
		t.Error("records")
	}
	if c := trace.FromContext(ctx); c.Sampling != trace.Keep || !span.SpanContext().IsSampled() {
		t.Errorf("the decision is not carried: %+v", c)
	}
}

func TestTee(t *testing.T) {
	var a, b tracetest.Recorder
	r := &trace.Record{Name: "x"}
	trace.Tee(&a, nil, &b).Add(r)
	for _, rec := range []*tracetest.Recorder{&a, &b} {
		if got := rec.Records(); len(got) != 1 || got[0] != r {
			t.Errorf("got %v", got)
		}
	}
}
