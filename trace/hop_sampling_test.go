package trace_test

import (
	"net/http"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestOrderOfDecisions: who decides whether a trace is recorded, with a sampler that knows
// names and one that does not, and what the next hop sees.
func TestOrderOfDecisions(t *testing.T) {
	const (
		undecided  = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAA="
		debug      = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAE="
		notSampled = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAI="
		sampled    = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="
	)
	const known, yes = ctxhdr.FlagSamplingKnown, ctxhdr.FlagSampled
	for _, row := range []struct {
		what           string
		caller, sample string
		rate, rule     float64 // rule: of the request's name
		limited        bool    // the sampler has kept all that it may
		spans          int
		flags          uint64
	}{
		{"a debug trace", debug, "", 0, 0, true, 2, ctxhdr.FlagDebug | known | yes},
		{"a debug trace, and l5d-sample", debug, "0", 0, 0, false, 2, ctxhdr.FlagDebug | known | yes},
		{"l5d-sample against the caller", notSampled, "1", 0, 0, true, 2, known | yes},
		{"l5d-sample against the caller and a rule", sampled, "0", 1, 1, false, 0, known},
		{"l5d-sample against a rule", "", "1", 0, 0, false, 2, known | yes},
		{"the caller against a rule", notSampled, "", 1, 1, false, 0, known},
		{"the caller against a rule and a limit", sampled, "", 0, 0, true, 2, known | yes},
		{"a rule against the rate", undecided, "", 0, 1, false, 2, known | yes},
		{"a rule against the rate, for a new trace", "", "", 0, 1, false, 2, known | yes},
		{"a rule against the rate, to drop", undecided, "", 1, 0, false, 0, known},
		{"a limit against a rule", "", "", 0, 1, true, 0, known},
		{"the rate", undecided, "", 1, -1, false, 2, known | yes},
		{"the rate, to drop", undecided, "", 0, -1, false, 0, known},
		{"a limit against the rate", undecided, "", 1, -1, true, 0, known},
	} {
		t.Run(row.what, func(t *testing.T) {
			c := trace.SamplerConfig{Rate: row.rate}
			if row.rule >= 0 {
				c.Services = []trace.ServiceRate{{Prefix: identified.Dst, Rate: row.rule}, {Prefix: "/svc/other", Rate: 1 - row.rule}}
			}
			if row.limited {
				c.MaxPerSecond = 1
				c.Services = append(c.Services, trace.ServiceRate{Prefix: "/first", Rate: 1})
			}
			s := samplerWith(t, c)
			if row.limited && !s.SampleNamed(id(7), "/first") {
				t.Fatal("the first trace is limited")
			}
			rec := new(tracetest.Recorder)
			h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: rec, Sampler: s})})
			in := http.Header{}
			if row.caller != "" {
				in.Set("l5d-ctx-trace", row.caller)
			}
			if row.sample != "" {
				in.Set("l5d-sample", row.sample)
			}
			out := pass(h, in, request(t, "GET", "http://world/"), nil)
			if n := len(rec.Records()); n != row.spans {
				t.Errorf("%d spans, want %d", n, row.spans)
			}
			if next, _ := ctxhdr.Trace(out); next.Flags != row.flags {
				t.Errorf("the next hop gets the flags %d, want %d", next.Flags, row.flags)
			}
		})
	}
}

// TestDecisionWaitsForTheName: a span whose sampler needs the name of its request records
// until then, and says nothing of a decision.
func TestDecisionWaitsForTheName(t *testing.T) {
	for _, row := range []struct {
		what  string
		use   func(h *hopspan.Hop, r *http.Request)
		spans int
		tag   string // zipkin.sampling_rate of the server span
	}{
		{"it is identified", func(h *hopspan.Hop, r *http.Request) {
			ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			if trace.FromContext(ctx).Decision() != trace.Undecided || server.SpanContext().IsSampled() || !server.IsRecording() {
				t.Error("it is decided before there is a name")
			}
			hopspan.Identified(server, identified)
			if trace.FromContext(ctx).Decision() != trace.Keep || !server.SpanContext().IsSampled() {
				t.Error("it is not decided by the name")
			}
			hopspan.EndServer(server, 200)
		}, 1, "1"},
		{"it is identified as another", func(h *hopspan.Hop, r *http.Request) {
			ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			hopspan.Identified(server, hopspan.Request{Router: "outgoing", Dst: "/svc/worlds"})
			if trace.FromContext(ctx).Decision() != trace.Drop || server.IsRecording() {
				t.Error("it is not dropped by the name")
			}
			useAfterEnd(t, h, server)
		}, 0, ""},
		{"it never gets a name", func(h *hopspan.Hop, r *http.Request) {
			_, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			hopspan.EndServer(server, 400)
			useAfterEnd(t, h, server)
		}, 0, ""},
		{"a header goes out before", func(h *hopspan.Hop, r *http.Request) {
			ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			h.Inject(ctx, http.Header{})
			hopspan.Identified(server, identified)
			if trace.FromContext(ctx).Decision() != trace.Drop {
				t.Error("it is decided twice")
			}
			hopspan.EndServer(server, 200)
		}, 0, ""},
		{"an attempt is made before", func(h *hopspan.Hop, r *http.Request) {
			ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			ctx, client := h.StartClient(ctx, r, hopspan.ClientStart{})
			if trace.FromContext(ctx).Decision() != trace.Drop {
				t.Error("the attempt is not decided")
			}
			hopspan.EndClient(client, nil)
			hopspan.Identified(server, identified)
			hopspan.EndServer(server, 200)
		}, 0, ""},
		{"the program makes a span before", func(h *hopspan.Hop, r *http.Request) {
			ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			_, own := server.TracerProvider().Tracer("").Start(ctx, "own")
			own.End()
			hopspan.Identified(server, identified)
			hopspan.EndServer(server, 200)
		}, 0, ""},
	} {
		for name, sink := range map[string]interface {
			trace.Sink
			count() int
		}{"kept": new(keeper), "lent": new(borrower)} {
			t.Run(row.what+", "+name, func(t *testing.T) {
				s := samplerWith(t, trace.SamplerConfig{Services: []trace.ServiceRate{{Prefix: identified.Dst, Rate: 1}}})
				h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: sink, Sampler: s})})
				row.use(h, request(t, "GET", "http://world/"))
				if n := sink.count(); n != row.spans {
					t.Errorf("%d spans, want %d", n, row.spans)
				}
				if k, ok := sink.(*keeper); ok && row.tag != "" {
					if tags := tracetest.Tags(k.records[0]); tags["zipkin.sampling_rate"] != row.tag {
						t.Errorf("the tags are %v", tags)
					}
					if !k.records[0].Sampled() {
						t.Error("the record is of a trace that is not sampled")
					}
				}
			})
		}
	}
}

func (b *borrower) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.texts)
}

// A span is used from anywhere while its decision is made.
func TestDecisionUnderFire(t *testing.T) {
	s := samplerWith(t, trace.SamplerConfig{Services: []trace.ServiceRate{{Prefix: identified.Dst, Rate: 0.5}}})
	h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: new(borrower), Sampler: s})})
	for range 200 {
		ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
		done := make(chan oteltrace.SpanContext)
		go func() {
			for range 5 {
				trace.FromContext(ctx)
				server.AddEvent("x")
			}
			done <- server.SpanContext()
		}()
		hopspan.Identified(server, identified)
		hopspan.EndServer(server, 200)
		<-done
	}
}

// A foreign provider is asked at once: rates for services do not count.
func TestServiceRatesWithAForeignProvider(t *testing.T) {
	s := samplerWith(t, trace.SamplerConfig{Rate: 1, Services: []trace.ServiceRate{{Prefix: identified.Dst, Rate: 0}}})
	foreign, rec := sdkProvider(t)
	h := hop(trace.HopConfig{TracerProvider: foreign, Sampler: s})
	in := http.Header{"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAA="}}
	pass(h, in, request(t, "GET", "http://world/"), nil)
	if n := len(rec.Ended()); n != 2 {
		t.Errorf("%d spans, want 2", n)
	}
}
