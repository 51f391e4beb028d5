package trace_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
	"weak"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// keeping returns a hop whose sampler chooses nothing, and what it keeps.
func keeping(t testing.TB, c trace.KeepConfig, p trace.Propagator) (*hopspan.Hop, *trace.Provider, *tracetest.Recorder) {
	t.Helper()
	rec := new(tracetest.Recorder)
	own := provider(t, trace.ProviderConfig{Sink: rec, Sampler: sampler(t, 0), Keep: &c})
	return hop(trace.HopConfig{TracerProvider: own, Propagator: p}), own, rec
}

// course is how a request goes through a hop.
type course struct {
	caller   string      // l5d-ctx-trace
	header   http.Header // instead
	dtab     string
	unnamed  bool
	answered http.Header // of the response that the hop gets
	status   int         // of the response, when it begins
	end      int         // the same at its end; 0: it did not change
	silent   bool        // it never begins
}

// run lets a request take its course, and returns what its response tells and what went to
// the next hop.
func (c course) run(t testing.TB, h *hopspan.Hop) (kept bool, tell string, out http.Header) {
	in := c.header
	if in == nil {
		in = http.Header{}
	}
	if c.caller != "" {
		in.Set("l5d-ctx-trace", c.caller)
	}
	ctx, server := h.StartServer(context.Background(), in, serverStart)
	if !c.unnamed {
		q := identified
		q.LocalDtab = c.dtab
		hopspan.Identified(server, q)
	}
	_, client := h.StartClient(ctx, request(t, "GET", "http://world/"), hopspan.ClientStart{Service: "#/io.l5d.fs/world"})
	out = http.Header{}
	h.Inject(ctx, out)
	if c.answered != nil {
		hopspan.AskedToKeep(client, c.answered)
	}
	hopspan.EndClient(client, nil)
	if !c.silent {
		kept, tell = hopspan.Responding(server, c.status)
	}
	if c.end == 0 {
		c.end = c.status
	}
	hopspan.EndServer(server, c.end)
	return kept, tell, out
}

const (
	traceOne     = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAI=" // trace 1, not sampled
	undecidedOne = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAA="
	sampledOne   = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="
	debugOne     = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAE="
	wideOne      = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAIAAAAAAAAACQ==" // its id has a high half, 9
	one          = "0000000000000001"
)

// TestKeep: which requests are kept, why, and who is told.
func TestKeep(t *testing.T) {
	everything := trace.KeepConfig{Errors: true, Overrides: true}
	asked := func(value ...string) http.Header { return http.Header{"L5d-Keep": value, "Accept": {"*/*"}} }
	for _, row := range []struct {
		what    string
		config  trace.KeepConfig
		course  course
		spans   int
		reason  string
		tell    string
		missing string // on the server span
	}{
		{"a success", everything, course{caller: traceOne, status: 200}, 0, "", "", ""},
		{"a client's error", everything, course{caller: traceOne, status: 404}, 0, "", "", ""},
		{"an error", everything, course{caller: traceOne, status: 500}, 2, "error", one, ""},
		{"an error of an undecided trace", everything, course{caller: undecidedOne, status: 599}, 2, "error", one, ""},
		{"an error of a wide trace", everything, course{caller: wideOne, status: 500}, 2, "error", one, ""},
		{"an error of a new trace", everything, course{status: 503}, 2, "error", "", ""},
		{"an error before there is a name", everything, course{caller: traceOne, unnamed: true, status: 500}, 2, "error", one, ""},
		{"errors are not wanted", trace.KeepConfig{Overrides: true}, course{caller: traceOne, status: 500}, 0, "", "", ""},
		{"the client left before the response", everything, course{caller: traceOne, status: 499}, 2, "error", one, ""},
		{"the client left during the response", everything, course{caller: traceOne, status: 200, end: 499}, 0, "", "", ""},
		{"it broke off", everything, course{caller: traceOne, status: 200, end: 502}, 2, "error", "", "callers"},
		{"it broke off, and nobody could be asked", everything, course{status: 200, end: 502}, 2, "error", "", ""},
		{"it never begins", everything, course{caller: traceOne, silent: true}, 2, "error", "", "callers"},
		{"an error that broke off", everything, course{caller: traceOne, status: 500, end: 502}, 2, "error", one, ""},
		{"overrides", everything, course{caller: traceOne, dtab: "/a=>/b", status: 200}, 2, "override", one, ""},
		{"overrides of an error", everything, course{caller: traceOne, dtab: "/a=>/b", status: 500}, 2, "error", one, ""},
		{"overrides are not wanted", trace.KeepConfig{Errors: true}, course{caller: traceOne, dtab: "/a=>/b", status: 200}, 0, "", "", ""},
		{"asked", trace.KeepConfig{}, course{caller: traceOne, answered: asked(one), status: 200}, 2, "asked", one, ""},
		{"asked, by a hop that knows the high half", trace.KeepConfig{}, course{caller: traceOne, answered: asked("0000000000000009" + one), status: 200}, 2, "asked", one, ""},
		{"asked, and there is no caller", trace.KeepConfig{}, course{caller: traceOne, header: http.Header{}, answered: asked(one), status: 200}, 2, "asked", one, ""},
		{"asked about another trace", everything, course{caller: traceOne, answered: asked("0000000000000002"), status: 200}, 0, "", "", ""},
		{"asked in nonsense", everything, course{caller: traceOne, answered: asked("1"), status: 200}, 0, "", "", ""},
		{"asked in nonsense of the length", everything, course{caller: traceOne, answered: asked("000000000000000x"), status: 200}, 0, "", "", ""},
		{"asked by a request", everything, course{caller: traceOne, header: asked(one), status: 200}, 0, "", "", ""},
		{"a sampled trace", everything, course{caller: sampledOne, dtab: "/a=>/b", answered: asked(one), status: 500}, 2, "", "", ""},
		{"a debug trace", everything, course{caller: debugOne, status: 500, end: 502}, 2, "", "", ""},
		{"asked by l5d-sample", everything, course{caller: traceOne, header: http.Header{"L5d-Sample": {"1"}}, status: 500}, 2, "", "", ""},
		{"not wanted by l5d-sample", everything, course{caller: sampledOne, header: http.Header{"L5d-Sample": {"0"}}, status: 500}, 2, "error", one, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			h, own, rec := keeping(t, row.config, nil)
			plain := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: new(tracetest.Recorder), Sampler: sampler(t, 0)})})
			_, _, want := row.course.run(t, plain)
			kept, tell, out := row.course.run(t, h)
			if tell != row.tell || kept && row.reason == "" {
				t.Errorf("the response tells %q, want %q; kept: %v", tell, row.tell, kept)
			}
			if row.course.answered != nil && row.course.answered.Get("l5d-keep") != "" {
				t.Error("the response still has l5d-keep")
			}
			a, _ := ctxhdr.Trace(want)
			if b, _ := ctxhdr.Trace(out); a.Flags != b.Flags || b.Flags == 0 {
				t.Errorf("the next hop gets the flags %d, without this %d", b.Flags, a.Flags)
			}
			records := rec.Records()
			if len(records) != row.spans {
				t.Fatalf("%d spans, want %d", len(records), row.spans)
			}
			for _, r := range records {
				if got := tracetest.Tags(r)["meshhop.keep"]; got != row.reason || !r.Sampled() {
					t.Errorf("meshhop.keep is %q, want %q; sampled: %v", got, row.reason, r.Sampled())
				}
				if got := tracetest.Tags(r)["meshhop.keep.missing"]; got != row.missing && r.Kind.String() == "server" {
					t.Errorf("meshhop.keep.missing is %q, want %q", got, row.missing)
				}
			}
			s := own.Stats().Keep
			total := s.Errors + s.Slow + s.Overrides + s.Asked
			if row.reason != "" && (total != 1 || s.Spans != 2 || s.Held != 0) || row.reason == "" && total != 0 {
				t.Errorf("%+v", s)
			}
			if (s.Told == 1) != (row.tell != "") || (s.Ignored == 1) != (row.course.answered != nil && row.spans == 0) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestKeepOfOtherCallers: a caller that sends another header than l5d-ctx-trace cannot be
// told, and its spans are known to be missing.
func TestKeepOfOtherCallers(t *testing.T) {
	b3 := func() http.Header {
		return http.Header{"X-B3-Traceid": {one}, "X-B3-Spanid": {"0000000000000003"}, "X-B3-Sampled": {"0"}}
	}
	both := b3()
	both.Set("l5d-ctx-trace", traceOne)
	other := b3()
	other.Set("l5d-ctx-trace", traceOne)
	other["X-B3-Traceid"] = []string{"0000000000000005"}
	for _, row := range []struct {
		what, tell, missing string
		in                  http.Header
	}{
		{"b3 alone", "", "callers", b3()},
		{"l5d-ctx-trace beside it", one, "", both},
		{"l5d-ctx-trace of another trace", "", "callers", other},
	} {
		t.Run(row.what, func(t *testing.T) {
			h, _, rec := keeping(t, trace.KeepConfig{Errors: true}, trace.B3())
			_, tell, _ := course{header: row.in, status: 500}.run(t, h)
			if tell != row.tell {
				t.Errorf("tells %q, want %q", tell, row.tell)
			}
			server := tracetest.Find(t, rec.Records(), "0.0.0.0/4140", "")
			if got := tracetest.Tags(server)["meshhop.keep.missing"]; got != row.missing {
				t.Errorf("missing %q, want %q", got, row.missing)
			}
		})
	}
}

// TestKeepIsOfAllHopsOfAProvider: what one hop keeps the others with the same provider keep
// too, before and after, and nobody else.
func TestKeepIsOfAllHopsOfAProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, own, rec := keeping(t, trace.KeepConfig{Errors: true}, nil)
		second := hop(trace.HopConfig{TracerProvider: own})
		ctx, open := h.StartServer(t.Context(), http.Header{"L5d-Ctx-Trace": {traceOne}}, serverStart)
		_, late := h.StartClient(ctx, request(t, "GET", "http://world/"), hopspan.ClientStart{Service: "late"})
		_, verylate := h.StartClient(ctx, request(t, "GET", "http://world/"), hopspan.ClientStart{Service: "very late"})
		course{caller: traceOne, status: 200}.run(t, second)
		course{status: 200}.run(t, second)
		if n := len(rec.Records()); n != 0 {
			t.Fatalf("%d spans before anything is kept", n)
		}
		course{caller: traceOne, status: 500}.run(t, h)
		if n := len(rec.Records()); n != 4 {
			t.Errorf("%d spans, want those of both hops", n)
		}
		// The hop that is still at work is told by its own process.
		time.Sleep(4 * time.Second)
		if kept, tell := hopspan.Responding(open, 200); !kept || tell != one {
			t.Errorf("kept %v, tells %q", kept, tell)
		}
		hopspan.EndServer(open, 200)
		time.Sleep(4 * time.Second) // the end of the server span has renewed it
		hopspan.EndClient(late, nil)
		if n := len(rec.Records()); n != 6 {
			t.Errorf("%d spans, want the open ones too", n)
		}
		time.Sleep(10 * time.Second)
		hopspan.EndClient(verylate, nil)
		if n := len(rec.Records()); n != 6 {
			t.Errorf("%d spans: one is kept long after the others", n)
		}
	})
}

// TestKeepForgets: what ended longer ago than the buffer's time is gone, and the span at
// which that is known says so.
func TestKeepForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, own, rec := keeping(t, trace.KeepConfig{Errors: true, Buffer: time.Second}, nil)
		course{caller: traceOne, status: 200}.run(t, h)
		time.Sleep(1500 * time.Millisecond)
		course{caller: traceOne, status: 500}.run(t, h)
		records := rec.Records()
		if len(records) != 2 {
			t.Errorf("%d spans, want 2", len(records))
		}
		if got := tracetest.Tags(tracetest.Find(t, records, "0.0.0.0/4140", ""))["meshhop.keep.missing"]; got != "evicted" {
			t.Errorf("missing %q", got)
		}
		if s := own.Stats().Keep; s.Evicted != 0 {
			t.Errorf("evicted for lack of room: %+v", s)
		}
	})
}

// TestKeepRemembersSoMany: of the traces that are kept the last ones are remembered, and a
// span of one that was forgotten is held like any other.
func TestKeepRemembersSoMany(t *testing.T) {
	h, own, _ := keeping(t, trace.KeepConfig{Errors: true, BufferBytes: 64 << 10, MaxTracesPerSecond: 100_000}, nil)
	const traces = 5000
	caller := func(n uint64) string {
		return trace.Context{Trace: id(n + 1), Span: [8]byte{7: 9}, Sampling: trace.Drop}.L5d().String()
	}
	for n := range uint64(traces) {
		course{caller: caller(n), status: 500}.run(t, h)
	}
	remembered := 0
	for n := range uint64(traces) {
		before := own.Stats().Keep.Spans
		course{caller: caller(n), status: 200}.run(t, h)
		if own.Stats().Keep.Spans == before+2 {
			remembered++
			if n < traces-1024 {
				t.Fatalf("%d is remembered", n)
			}
		}
	}
	if remembered != 1024 {
		t.Errorf("%d of %d are remembered, want 1024", remembered, traces)
	}
}

// TestKeepWithinItsMemory: what does not fit leaves before its time and is counted; the span
// at which it is known says so, unless too many others have left since.
func TestKeepWithinItsMemory(t *testing.T) {
	const requests, tries = 300, 20
	known := 0
	for range tries {
		h, own, rec := keeping(t, trace.KeepConfig{Errors: true, BufferBytes: 64 << 10}, nil)
		course{caller: traceOne, status: 200}.run(t, h)
		for n := range uint64(requests) {
			c := trace.Context{Trace: id(n + 2), Span: [8]byte{7: 9}, Sampling: trace.Drop}.L5d()
			course{caller: c.String(), status: 200}.run(t, h)
		}
		s := own.Stats().Keep
		if s.HeldBytes > 64<<10 || s.Held == 0 || s.Held+s.Evicted != 2*(requests+1) {
			t.Errorf("%+v", s)
		}
		course{caller: traceOne, answered: http.Header{"L5d-Keep": {one}}, status: 500}.run(t, h)
		for _, r := range rec.Records() {
			if tracetest.Tags(r)["meshhop.keep.missing"] == "evicted" {
				known++
			}
		}
	}
	if known == 0 {
		t.Errorf("in none of %d tries it is said that spans are missing", tries)
	}
	h, own, _ := keeping(t, trace.KeepConfig{Errors: true, BufferBytes: 64 << 10}, nil)
	course{status: 200}.run(t, h)
	// A span that is larger than all of it.
	_, huge := own.Tracer("").Start(t.Context(), "huge")
	for n := range 30 {
		huge.AddEvent(strings.Repeat("x", 8000))
		huge.SetAttributes(attribute.String(fmt.Sprint(n), strings.Repeat("x", 8000)))
	}
	huge.End()
	if s := own.Stats().Keep; s.HeldBytes > 64<<10 || s.Held != 0 {
		t.Errorf("%+v", s)
	}
}

// TestKeepCounts: whatever comes in whatever order, each span is held, kept or evicted, and
// no trace is kept of which nobody has said so.
func TestKeepCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := new(tracetest.Recorder)
		zero, _ := trace.NewSampler(0)
		own, err := trace.NewProvider(trace.ProviderConfig{Sink: rec, Sampler: zero, Keep: &trace.KeepConfig{Errors: true, BufferBytes: 64 << 10}})
		if err != nil {
			t.Fatal(err)
		}
		h := hop(trace.HopConfig{TracerProvider: own})
		failed := map[uint64]bool{}
		spans := 0
		for range rapid.IntRange(1, 120).Draw(t, "requests") {
			n := rapid.Uint64Range(1, 6).Draw(t, "trace")
			c := trace.Context{Trace: id(n), Span: [8]byte{7: 9}, Sampling: trace.Drop}.L5d()
			status := 200
			if rapid.IntRange(0, 9).Draw(t, "fails") == 0 {
				status, failed[n] = 500, true
			}
			_, server := h.StartServer(context.Background(), http.Header{"L5d-Ctx-Trace": {c.String()}}, serverStart)
			hopspan.Responding(server, status)
			hopspan.EndServer(server, status)
			spans++
		}
		s := own.Stats().Keep
		if int(s.Held+s.Spans+s.Evicted) != spans || int(s.Spans) != len(rec.Records()) || int(s.Errors) > len(failed) {
			t.Fatalf("%d spans: %+v", spans, s)
		}
		seen := map[[8]byte]bool{}
		for _, r := range rec.Records() {
			if !failed[uint64(r.Trace[15])] || seen[r.Span] {
				t.Fatalf("kept twice, or of a trace that did not fail: %v", r.Trace)
			}
			seen[r.Span] = true
		}
	})
}

// TestSlowest: in each minute those are kept that take longer than those of the minute
// before, and no others.
func TestSlowest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, own, rec := keeping(t, trace.KeepConfig{Slowest: 2}, nil)
		ask := func(dst string, took time.Duration) {
			ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			hopspan.Identified(server, hopspan.Request{Router: "outgoing", Dst: dst})
			time.Sleep(took)
			hopspan.Responding(server, 200)
			hopspan.EndServer(server, 200)
			_ = ctx
		}
		kept := func(what string, want uint64) {
			t.Helper()
			if got := own.Stats().Keep.Slow; got != want {
				t.Errorf("%s: %d kept, want %d", what, got, want)
			}
		}
		next := func() { time.Sleep(time.Minute - time.Duration(time.Now().UnixNano())%time.Minute) }
		next()
		// There is nothing to compare the first minute with.
		ask("/svc/a", 3*time.Millisecond)
		ask("/svc/a", 2*time.Millisecond)
		kept("the first ones", 2)
		ask("/svc/a", 2*time.Millisecond)
		ask("/svc/a", time.Millisecond)
		kept("no slower ones", 2)
		ask("/svc/a", 4*time.Millisecond)
		kept("a slower one", 3)
		ask("/svc/b", time.Millisecond)
		kept("another service", 4)
		next()
		// 1 in 1,000 is slow: exactly those.
		for n := range 3000 {
			took := 2 * time.Millisecond
			if n%1000 == 500 {
				took = time.Duration(10+n/1000) * time.Millisecond
			}
			ask("/svc/a", took)
		}
		kept("1 in 1,000", 7)
		for _, r := range rec.Records()[4:] {
			if took := r.End.Sub(r.Start); took < 10*time.Millisecond {
				t.Errorf("one that took %v is kept", took)
			}
		}
		next()
		ask("/svc/a", 10*time.Millisecond)
		kept("faster than the slowest of the minute before", 7)
		ask("/svc/a", 11*time.Millisecond)
		kept("as slow as one of the slowest of the minute before", 8)
		next()
		next()
		ask("/svc/a", time.Millisecond)
		kept("after a minute without any", 9)
	})
}

// TestSlowestOfManyServices: names come from strangers, and only so many are told apart.
func TestSlowestOfManyServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, own, _ := keeping(t, trace.KeepConfig{Slowest: 1, MaxTracesPerSecond: 100_000}, nil)
		ask := func(n int) {
			_, server := h.StartServer(t.Context(), http.Header{}, serverStart)
			hopspan.Identified(server, hopspan.Request{Router: "outgoing", Dst: fmt.Sprint("/svc/", n)})
			hopspan.Responding(server, 200)
			hopspan.EndServer(server, 200)
		}
		for n := range 3000 {
			ask(n)
		}
		if got := own.Stats().Keep.Slow; got != 1001 {
			t.Errorf("%d kept, want one of each of 1000 services and one of the others", got)
		}
		time.Sleep(3 * time.Minute)
		ask(5000)
		ask(5001)
		if got := own.Stats().Keep.Slow; got != 1003 {
			t.Errorf("%d kept: services that are not used are not forgotten", got)
		}
	})
}

// TestHeldSpansHoldNoRequest: what waits to be kept does not keep the rest of a request in
// memory, nor the context that it was made with.
func TestHeldSpansHoldNoRequest(t *testing.T) {
	h, own, _ := keeping(t, trace.KeepConfig{Errors: true}, nil)
	type big [64 << 10]byte
	head, value := func() (weak.Pointer[big], weak.Pointer[big]) {
		text, inContext := new(big), new(big)
		copy(text[:], "text/plain")
		ctx := context.WithValue(context.Background(), inContext, inContext)
		_, client := h.StartClient(ctx, request(t, "GET", "http://world/"), hopspan.ClientStart{Service: "s"})
		hopspan.Responded(client, &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {unsafe.String(&text[0], 10)}}}, 1)
		hopspan.EndClient(client, nil)
		return weak.Make(text), weak.Make(inContext)
	}()
	runtime.GC()
	if head.Value() != nil {
		t.Error("the head of a response is still in memory")
	}
	if value.Value() != nil {
		t.Error("the context of a request is still in memory")
	}
	if s := own.Stats().Keep; s.Held != 1 {
		t.Errorf("%+v", s)
	}
}

func TestKeepConfig(t *testing.T) {
	for name, c := range map[string]trace.KeepConfig{
		"Buffer":      {Buffer: -1},
		"BufferBytes": {BufferBytes: 1000},
		"Slowest":     {Slowest: -1},
		"Slowest 101": {Slowest: 101},
		"MaxTraces":   {MaxTracesPerSecond: 100_001},
	} {
		if _, err := trace.NewProvider(trace.ProviderConfig{Sink: discard{}, Keep: &c}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// Without a sink nothing is recorded.
	p := provider(t, trace.ProviderConfig{Keep: new(trace.KeepConfig)})
	if _, span := p.Tracer("").Start(t.Context(), "x"); span.IsRecording() {
		t.Error("it records for nobody")
	}
	if diff := cmp.Diff(trace.ProviderStats{}, p.Stats()); diff != "" {
		t.Error(diff)
	}
}

// TestKeepInAnOutage: when everything fails, so many traces are kept in a second, nearly
// the same ones by each hop, and the others are counted once. What another hop asks for is kept too.
func TestKeepInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 10
		near, own, rec := keeping(t, trace.KeepConfig{Errors: true, MaxTracesPerSecond: most}, nil)
		far, _, all := keeping(t, trace.KeepConfig{Errors: true, MaxTracesPerSecond: 2 * most}, nil)
		const each = 100
		of := func(n int) string {
			return ctxhdr.TraceID{Span: 3, Parent: 2, Trace: uint64(n) + 1, Flags: 2}.String()
		}
		for second := range 5 {
			for i := range each {
				c := course{caller: of(second*each + i), status: 500}
				c.run(t, far)
				c.run(t, near)
				time.Sleep(time.Second / each)
			}
		}
		kept := map[oteltrace.TraceID]int{}
		for _, r := range rec.Records() {
			kept[r.Trace]++
		}
		if n := len(kept); n < 4*most || n > 5*most {
			t.Errorf("%d traces are kept in 5 s, want %d a second", n, most)
		}
		if s := own.Stats().Keep; s.Limited != uint64(5*each-len(kept)) || s.Errors != uint64(len(kept)) {
			t.Errorf("%+v", s)
		}
		// By chance more came in a second than its bound had room for.
		farther := map[oteltrace.TraceID]bool{}
		for _, r := range all.Records() {
			farther[r.Trace] = true
		}
		missing := 0
		for id := range kept {
			if !farther[id] {
				missing++
			}
		}
		if missing > len(kept)/10 {
			t.Errorf("%d of %d traces are not kept by the hop that keeps more", missing, len(kept))
		}
		before := own.Stats().Keep
		for i := range 2 * most {
			id := uint64(9000 + i)
			course{caller: of(9000 + i - 1), status: 200, answered: http.Header{"L5d-Keep": {fmt.Sprintf("%016x", id)}}}.run(t, near)
		}
		if s := own.Stats().Keep; s.Asked-before.Asked != 2*most || s.Limited != before.Limited {
			t.Errorf("asked: %+v, before %+v", s, before)
		}
	})
}

// Many requests of few traces at once, some of which are kept.
func TestKeepUnderFire(t *testing.T) {
	for name, sink := range map[string]trace.Sink{"kept": new(keeper), "lent": new(borrower)} {
		t.Run(name, func(t *testing.T) {
			own := provider(t, trace.ProviderConfig{Sink: sink, Sampler: sampler(t, 0.1), Keep: &trace.KeepConfig{Errors: true, Slowest: 1, BufferBytes: 256 << 10}})
			h := hop(trace.HopConfig{TracerProvider: own})
			var wait sync.WaitGroup
			for seed := range uint64(8) {
				wait.Go(func() {
					random := rand.New(rand.NewPCG(seed, 1))
					for range 500 {
						status := 200
						if random.IntN(10) == 0 {
							status = 500
						}
						c := trace.Context{Trace: id(random.Uint64N(100) + 1), Span: [8]byte{7: 9}}.L5d()
						course{caller: c.String(), status: status}.run(t, h)
						own.Stats()
					}
				})
			}
			wait.Wait()
			s := own.Stats().Keep
			if s.Errors == 0 || s.Spans == 0 || s.Held == 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func FuzzAskedToKeep(f *testing.F) {
	for _, s := range []string{"", one, "000000000000000g", one + one, "ffffffffffffffff"} {
		f.Add(s)
	}
	h, own, _ := keeping(f, trace.KeepConfig{}, nil)
	f.Fuzz(func(t *testing.T, value string) {
		before := own.Stats().Keep
		course{caller: traceOne, answered: http.Header{"L5d-Keep": {value}}, status: 200}.run(t, h)
		after := own.Stats().Keep
		names := strings.HasSuffix(value, one) && (len(value) == 16 || len(value) == 32)
		if ignored := after.Ignored > before.Ignored; ignored == names {
			t.Errorf("%q: ignored is %v", value, ignored)
		}
	})
}
