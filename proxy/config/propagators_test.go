package config_test

import (
	"context"
	"encoding/binary"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace"
)

// TestBridge: what a file says about reading, writing and removing is what its
// routers do.
func TestBridge(t *testing.T) {
	const l5d, w3c, b3, b3single = "l5d", "w3c", "b3", "b3single"
	for _, row := range []struct {
		keys string
		of   map[string]uint64 // what came: a trace of each format, by its number
		read uint64            // the trace that goes on; 0: a new one
		out  string            // names that go on
	}{
		{"extract: [l5d, w3c]", map[string]uint64{l5d: 1, w3c: 2, b3: 3}, 1, "l5d-ctx-trace l5d-reqid traceparent x-b3-sampled x-b3-spanid x-b3-traceid"},
		{"extract: [w3c, l5d]", map[string]uint64{l5d: 1, w3c: 2}, 2, "l5d-ctx-trace l5d-reqid traceparent"},
		{"extract: [w3c], inject: [b3single]", map[string]uint64{l5d: 1, w3c: 2}, 2, "b3 l5d-reqid"}, // which is no trace context
		{"extract: [w3c], inject: [l5d], clear: []", map[string]uint64{l5d: 1, w3c: 2}, 2, "l5d-ctx-trace l5d-reqid traceparent"},
		{"extract: [l5d], inject: [l5d], clear: [l5d, w3c, b3, b3single]", map[string]uint64{w3c: 2, b3: 3, b3single: 4}, 0, "l5d-ctx-trace l5d-reqid"},
		{"extract: [b3, b3single], inject: [b3]", map[string]uint64{b3single: 4}, 4, "x-b3-sampled x-b3-spanid x-b3-traceid x-b3-parentspanid"},
	} {
		t.Run(row.keys, func(t *testing.T) {
			mesh := build(t, valid+"  tracePropagator: {kind: io.meshhop.bridge, "+row.keys+"}\n", config.Builtin(), config.BuildOptions{})
			formats := map[string]trace.Propagator{l5d: trace.L5d(), w3c: trace.W3C(), b3: trace.B3(), b3single: trace.B3Single()}
			h := http.Header{}
			for name, n := range row.of {
				c := trace.Context{Span: oteltrace.SpanID{7: 7}, Sampling: trace.Keep}
				binary.BigEndian.PutUint64(c.Trace[8:], n)
				formats[name].Inject(h, c)
			}
			hop := (*hopspan.Hop)(mesh.Routers[0].Hop())
			ctx, span := hop.StartServer(context.Background(), h, hopspan.ServerStart{})
			defer hopspan.EndServer(span, 200)
			if got := trace.FromContext(ctx); (got.L5d().Trace == row.read) != (row.read != 0) {
				t.Errorf("trace %+v", got)
			}
			hop.Clear(h)
			hop.Inject(ctx, h)
			wire.LowerNames(h)
			want := strings.Fields(row.out)
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(h)); !slices.Equal(got, want) {
				t.Errorf("%q go on, want %q", got, want)
			}
		})
	}
}
