package tracetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// fake is a testing.TB that keeps what it is told.
type fake struct {
	testing.TB
	text  strings.Builder
	fatal bool
}

func (f *fake) Helper()                      {}
func (f *fake) Errorf(s string, args ...any) { fmt.Fprintf(&f.text, s+"\n", args...) }
func (f *fake) Fatalf(s string, args ...any) { f.Errorf(s, args...); f.fatal = true }

const chain = `
	server 0.0.0.0/4140 "outgoing /svc/hello"
	  client #/io.l5d.fs/hello "GET /"
	    server 0.0.0.0/4140 "outgoing /svc/hello"
	      client #/io.l5d.fs/hello "GET /"
`

func TestAssertTree(t *testing.T) {
	samples := spantest.Samples(4)
	tracetest.AssertTree(t, samples, chain)
	var f fake
	tracetest.AssertTree(&f, samples[:3], chain)
	want := `spans differ (- want, + got):
  server 0.0.0.0/4140 "outgoing /svc/hello"
    client #/io.l5d.fs/hello "GET /"
      server 0.0.0.0/4140 "outgoing /svc/hello"
-       client #/io.l5d.fs/hello "GET /"

`
	if d := cmp.Diff(want, f.text.String()); d != "" {
		t.Error(d)
	}
}

func TestFormat(t *testing.T) {
	samples := spantest.Samples(3)
	samples[0].Service, samples[0].Name = "with space", `a "name"`
	samples[2].Service = ""
	want := `server "with space" "a \"name\""` + "\n" + `server "" "outgoing /svc/hello" (orphan)` + "\n"
	if got := tracetest.Format([]*trace.Record{samples[2], samples[0]}); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestCheck(t *testing.T) {
	for name, row := range map[string]struct {
		change func(s []*trace.Record)
		want   string
	}{
		"fine":             {func([]*trace.Record) {}, ""},
		"orphan":           {func(s []*trace.Record) { s[0].Parent = oteltrace.SpanID{1} }, ""},
		"no ids":           {func(s []*trace.Record) { s[3].Span = oteltrace.SpanID{} }, "no valid ids"},
		"the same id":      {func(s []*trace.Record) { s[3].Span = s[2].Span }, "has the id of"},
		"time":             {func(s []*trace.Record) { s[0].End = s[0].Start.Add(-1) }, "ends before it starts"},
		"client below one": {func(s []*trace.Record) { s[2].Kind = oteltrace.SpanKindClient }, "not below a server span"},
		"server below one": {func(s []*trace.Record) { s[1].Kind = oteltrace.SpanKindServer }, "not below a client span"},
		"a ring":           {func(s []*trace.Record) { s[0].Parent = s[3].Span }, "their own ancestors"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spantest.Samples(4)
			row.change(s)
			var f fake
			tracetest.AssertTree(&f, s, tracetest.Format(s))
			if got := f.text.String(); row.want == "" && got != "" || !strings.Contains(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rec tracetest.Recorder
		go func() {
			for _, r := range spantest.Samples(3) {
				time.Sleep(time.Second)
				rec.Add(r)
			}
		}()
		if got, err := rec.Wait(t.Context(), 2); len(got) != 2 || err != nil {
			t.Errorf("%d, %v", len(got), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if got, err := rec.Wait(ctx, 4); len(got) != 3 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "3 of 4") {
			t.Errorf("%d, %v", len(got), err)
		}
		rec.Reset()
		if got := rec.Records(); len(got) != 0 {
			t.Errorf("%d", len(got))
		}
	})
}

func TestFind(t *testing.T) {
	samples := spantest.Samples(2)
	if got := tracetest.Find(t, samples, "", "GET /"); got != samples[1] {
		t.Errorf("got %v", got)
	}
	var f fake
	tracetest.Find(&f, append(samples, samples[0]), "0.0.0.0/4140", "")
	if !f.fatal || !strings.Contains(f.text.String(), "2 spans") {
		t.Error(f.text.String())
	}
}

func TestFromZipkin(t *testing.T) {
	const span = `{"traceId":"46000000000000000000000000000001","id":"2","parentId":"0000000000000001","kind":"CLIENT","name":"get /",
		"timestamp":1000001,"duration":5,"localEndpoint":{"serviceName":"a"},"remoteEndpoint":{"ipv4":"1.2.3.4","port":5},
		"annotations":[{"timestamp":1000003,"value":"wr"},{"timestamp":1000002,"value":"ws"}],"tags":{"b":"2","a":"1"},"debug":true}`
	for _, text := range []string{"[" + span + "]", "[[" + span + "]]"} {
		got, err := tracetest.FromZipkin([]byte(text))
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		r := got[0]
		if r.Trace[0] != 0x46 || r.Span != (oteltrace.SpanID{7: 2}) || r.Parent != (oteltrace.SpanID{7: 1}) || !r.Debug() ||
			r.Kind != oteltrace.SpanKindClient || r.Name != "get /" || r.Service != "a" || r.Peer.String() != "1.2.3.4:5" || r.Local.IsValid() ||
			r.End.Sub(r.Start) != 5*time.Microsecond || r.Start.UnixMicro() != 1000001 {
			t.Errorf("%+v", r)
		}
		if d := cmp.Diff([]string{"ws", "wr"}, tracetest.Events(r)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(map[string]string{"a": "1", "b": "2"}, tracetest.Tags(r)); d != "" || tracetest.Tags(r)["b"] != "2" || tracetest.Tags(r)["c"] != "" {
			t.Error(d)
		}
	}
	for _, text := range []string{``, `{}`, `[{"traceId":"zz","id":"1"}]`, `[{"traceId":"1","id":"00000000000000001"}]`} {
		if got, err := tracetest.FromZipkin([]byte(text)); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func FuzzFromZipkin(f *testing.F) {
	f.Add([]byte(`[{"traceId":"1","id":"2","parentId":"2","kind":"SERVER"}]`))
	f.Add([]byte(`[[{"traceId":"1","id":"2"}],[]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := tracetest.FromZipkin(data)
		if err == nil {
			tracetest.AssertTree(new(fake), records, "")
		}
	})
}
