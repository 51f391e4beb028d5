package trace_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/trace"
)

// kept counts spans.
type kept struct{ n int }

func (k *kept) Add(*trace.Record) { k.n++ }

// TestSwitch: while the recording is off nothing is recorded and nothing decided, and what
// others decided is passed on as it came.
func TestSwitch(t *testing.T) {
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	sink, recording := new(kept), new(trace.Switch)
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler, Recording: recording})
	if err != nil {
		t.Fatal(err)
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})
	sampled := http.Header{"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}}
	for _, row := range []struct {
		name  string
		off   bool
		in    http.Header
		spans int
		flags uint64 // sent on
	}{
		{name: "on, undecided", spans: 2, flags: 6},
		{name: "off, undecided", off: true},
		{name: "off, sampled by the caller", off: true, in: sampled, flags: 6},
		{name: "off, asked for by the request", off: true, in: http.Header{"L5d-Sample": {"1.0"}}},
		{name: "on again", spans: 2, flags: 6},
		{name: "on, sampled by the caller", in: sampled, spans: 2, flags: 6},
	} {
		t.Run(row.name, func(t *testing.T) {
			recording.Set(!row.off)
			if recording.On() == row.off {
				t.Error("the switch says otherwise")
			}
			sink.n = 0
			if row.in == nil {
				row.in = http.Header{}
			}
			arrived := send(hop, row.in.Clone())
			if sink.n != row.spans {
				t.Errorf("%d spans, want %d", sink.n, row.spans)
			}
			c, ok := trace.L5d().Extract(arrived)
			if !ok || c.Flags&6 != row.flags && c.Decision() != trace.Keep || (row.flags == 0) != (c.Decision() == trace.Undecided) {
				t.Errorf("sent on %+v, %v", c, ok)
			}
		})
	}
	// A span that has begun is recorded although the recording is turned off meanwhile.
	sink.n = 0
	_, span := provider.Tracer("").Start(context.Background(), "a")
	recording.Set(false)
	span.End()
	if sink.n != 1 {
		t.Errorf("%d spans", sink.n)
	}
	if !(*trace.Switch)(nil).On() {
		t.Error("without a switch nothing is recorded")
	}
}
