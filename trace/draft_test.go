package trace_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
	"weak"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
)

// borrower is a Sink that keeps the text of what it was lent.
type borrower struct {
	mu    sync.Mutex
	texts []string
}

func (b *borrower) RetainsNothing() bool { return true }

func (b *borrower) Add(r *trace.Record) {
	text := fmt.Sprintf("%+v", *r)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.texts = append(b.texts, text)
}

// keeper is a Sink that keeps what it gets, as most do.
type keeper struct {
	borrower
	records []*trace.Record
}

func (k *keeper) RetainsNothing() bool { return false }

func (k *keeper) Add(r *trace.Record) {
	text := fmt.Sprintf("%+v", *r)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.texts, k.records = append(k.texts, text), append(k.records, r)
}

// Spans that are used after their end, and while others are written in what was
// theirs, change none of the others, nor what a Sink has got.
func TestSpansAfterTheirEnd(t *testing.T) {
	lent, kept := new(borrower), new(keeper)
	for name, sink := range map[string]trace.Sink{"lent": lent, "kept": kept, "lent and kept": trace.Tee(new(borrower), new(keeper), kept), "lent twice": trace.Tee(new(borrower), lent)} {
		t.Run(name, func(t *testing.T) {
			lent.texts, kept.texts, kept.records = nil, nil, nil
			h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: sink, Sampler: sampler(t, 1), Limits: trace.Limits{ValueBytes: 300}})})
			const writers, spans = 4, 100
			ended := make(chan oteltrace.Span, writers*spans)
			var wg sync.WaitGroup
			for writer := range writers {
				wg.Go(func() {
					for n := range spans {
						ended <- writeSpan(h, fmt.Sprintf("own-%d-%d-", writer, n), n)
						useAfterEnd(t, h, <-ended)
					}
				})
			}
			wg.Wait()
			texts := append(lent.texts, kept.texts...)
			if len(texts) != writers*spans {
				t.Errorf("the sink got %d spans, want %d", len(texts), writers*spans)
			}
			for _, text := range texts {
				_, after, _ := strings.Cut(text, "own-")
				mark, _, _ := strings.Cut(after, " ")
				mark = strings.TrimRight(mark, "x")
				if strings.Contains(text, "late") || strings.Count(text, "own-") != strings.Count(text, "own-"+mark) {
					t.Errorf("a span of %q: %s", mark, text)
				}
			}
			for i, r := range kept.records {
				if now := fmt.Sprintf("%+v", *r); now != kept.texts[i] {
					t.Errorf("a record that was kept was %s, is %s", kept.texts[i], now)
				}
			}
		})
	}
}

// writeSpan writes a span in which mark stands everywhere; the greater n, the
// more of it.
func writeSpan(h *hopspan.Hop, mark string, n int) oteltrace.Span {
	r, err := http.NewRequest("GET", "http://web/"+mark+strings.Repeat("x", n)+"?"+mark, nil)
	if err != nil {
		panic(err)
	}
	_, span := h.StartClient(context.Background(), r, hopspan.ClientStart{Service: mark})
	for i := range n % 30 {
		span.SetAttributes(attribute.String(fmt.Sprint("key", i), mark))
		if i%4 == 0 {
			span.AddEvent(mark, oteltrace.WithAttributes(attribute.String("key", mark)))
		}
	}
	if n%3 == 0 {
		hopspan.Identified(span, hopspan.Request{Router: mark, Dst: mark})
	}
	var both sync.WaitGroup
	both.Go(func() { span.End() })
	both.Go(func() { hopspan.EndClient(span, nil) })
	both.Wait()
	return span
}

// useAfterEnd does to a span that has ended all that can be done.
func useAfterEnd(t *testing.T, h *hopspan.Hop, span oteltrace.Span) {
	const late = "late"
	span.SetName(late)
	span.SetAttributes(attribute.String("key0", late))
	span.AddEvent(late)
	span.AddEvent(late, oteltrace.WithAttributes(attribute.String("key", late)))
	span.SetStatus(codes.Error, late)
	span.RecordError(errors.New(late))
	span.AddLink(oteltrace.Link{SpanContext: span.SpanContext()})
	hopspan.Identified(span, hopspan.Request{Router: late, Dst: late})
	hopspan.Bound(span, late, late)
	span.SetName(late)
	hopspan.Connected(span, netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.1:1"))
	hopspan.Responded(span, &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {late}}}, 0)
	hopspan.Sent(span, time.Now())
	hopspan.Failed(span, late, errors.New(late))
	hopspan.EndClient(span, errors.New(late))
	hopspan.EndServer(span, 200)
	span.End()
	if span.IsRecording() || !span.SpanContext().IsValid() {
		t.Error("a span that has ended records, or has lost its ids")
	}
}

// What a span said is garbage once it has ended, and does not stay with the memory
// that serves the next span.
func TestEndedSpansAreGarbage(t *testing.T) {
	tracer := provider(t, trace.ProviderConfig{Sink: new(forgetful), Sampler: sampler(t, 1)}).Tracer("")
	tag, event := endSpan(tracer)
	runtime.GC() // one: a second would empty the pool
	if tag.Value() != nil {
		t.Error("the value of an attribute is still held")
	}
	if event.Value() != nil {
		t.Error("the value of an event's attribute is still held")
	}
}

// forgetful is a Sink that keeps nothing.
type forgetful struct{}

func (*forgetful) Add(*trace.Record) {}

func (*forgetful) RetainsNothing() bool { return true }

// endSpan makes a span and returns what it has said.
func endSpan(tracer oteltrace.Tracer) (tag, event weak.Pointer[byte]) {
	text := func() (string, weak.Pointer[byte]) {
		b := make([]byte, 64)
		return unsafe.String(&b[0], len(b)), weak.Make(&b[0])
	}
	_, span := tracer.Start(context.Background(), "work")
	value, tag := text()
	span.SetAttributes(attribute.String("a", value))
	value, event = text()
	span.AddEvent("b", oteltrace.WithAttributes(attribute.String("c", value)))
	span.End()
	return tag, event
}
