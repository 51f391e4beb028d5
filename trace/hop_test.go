package trace_test

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func hop(c trace.HopConfig) *hopspan.Hop {
	return (*hopspan.Hop)(trace.NewHop(c))
}

func request(t testing.TB, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	serverStart = hopspan.ServerStart{Service: "0.0.0.0/4140", Router: "outgoing",
		Addresses: func(*http.Request) (local, peer netip.AddrPort) { return serverAt, callerAt }}
	serverAt   = netip.MustParseAddrPort("10.0.0.1:4140")
	callerAt   = netip.MustParseAddrPort("10.0.0.9:53211")
	identified = hopspan.Request{Router: "outgoing", Dst: "/svc/world", BaseDtab: "/svc=>/#/io.l5d.fs"}
	clientPeer = netip.MustParseAddrPort("10.196.2.45:7778")
)

// pass lets a request through one hop and returns the headers that go out.
func pass(h *hopspan.Hop, in http.Header, r *http.Request, fail error) http.Header {
	ctx, server := h.StartServer(context.Background(), in, serverStart)
	hopspan.Identified(server, identified)
	hopspan.Bound(server, "/#/io.l5d.fs/world", "")
	ctx, client := h.StartClient(ctx, r, hopspan.ClientStart{Service: "#/io.l5d.fs/world"})
	out := http.Header{}
	h.Inject(ctx, out)
	hopspan.Sent(client, time.Now())
	hopspan.Connected(client, netip.MustParseAddrPort("10.0.0.1:40000"), clientPeer)
	status := http.StatusBadGateway
	if fail == nil {
		hopspan.Received(client, time.Now())
		hopspan.Responded(client, &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ContentLength: 20,
			Header: http.Header{"Content-Length": {"20"}, "Content-Type": {"text/plain; charset=utf-8"}}}, 1)
		status = http.StatusOK
	} else {
		hopspan.Failed(server, "Service", fail)
	}
	hopspan.EndClient(client, fail)
	hopspan.EndServer(server, status)
	return out
}

// TestServerRequest: what the record of a server span keeps of the request, of which its
// tags say nothing.
func TestServerRequest(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(r *http.Request)
		status int
		want   trace.ServerRequest
	}{
		{"a GET", func(*http.Request) {}, 200, trace.ServerRequest{Method: "GET", Scheme: "http", Host: "world:81", Path: "/a%20b", Query: "q=1", Proto: "HTTP/1.1", Status: 200}},
		{"over TLS, with a user agent and no response", func(r *http.Request) {
			r.TLS, r.Method, r.URL.RawQuery = new(tls.ConnectionState), "", ""
			r.Header.Set("User-Agent", "curl")
		}, 0, trace.ServerRequest{Method: "GET", Scheme: "https", Host: "world:81", Path: "/a%20b", Proto: "HTTP/1.1", UserAgent: "curl"}},
		{"long texts", func(r *http.Request) {
			r.Method, r.Host, r.Proto = strings.Repeat("M", 99), strings.Repeat("h", 99), strings.Repeat("p", 99)
			r.URL.Path, r.URL.RawPath, r.URL.RawQuery = "/"+strings.Repeat("a", 99), "", strings.Repeat("q", 99)
			r.Header.Set("User-Agent", strings.Repeat("u", 99))
		}, 404, trace.ServerRequest{Method: strings.Repeat("M", 20), Scheme: "http", Host: strings.Repeat("h", 20), Path: "/" + strings.Repeat("a", 19),
			Query: strings.Repeat("q", 20), Proto: strings.Repeat("p", 20), UserAgent: strings.Repeat("u", 20), Status: 404}},
	} {
		rec := new(tracetest.Recorder)
		sampler, err := trace.NewSampler(1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := trace.NewProvider(trace.ProviderConfig{Sink: rec, Sampler: sampler, Limits: trace.Limits{ValueBytes: 20}})
		if err != nil {
			t.Fatal(err)
		}
		start := serverStart
		start.Request = request(t, "GET", "http://world:81/a%20b?q=1")
		row.change(start.Request)
		_, span := hop(trace.HopConfig{TracerProvider: p}).StartServer(t.Context(), http.Header{}, start)
		hopspan.EndServer(span, row.status)
		if diff := cmp.Diff(row.want, rec.Records()[0].Request); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func TestHop(t *testing.T) {
	p, rec := recorded(t)
	h := hop(trace.HopConfig{TracerProvider: p, Version: "0.1"})
	out := pass(h, http.Header{}, request(t, "GET", "http://world/a%20b?q=1"), nil)

	records := rec.Records()
	tracetest.AssertTree(t, records, `
		server 0.0.0.0/4140 "outgoing /svc/world"
		  client #/io.l5d.fs/world "GET /a%20b"`)
	server := tracetest.Find(t, records, "0.0.0.0/4140", "")
	client := tracetest.Find(t, records, "#/io.l5d.fs/world", "")

	t.Run("vector 105: server tags", func(t *testing.T) {
		want := map[string]string{
			"srv/meshhop.version":  "0.1",
			"router.label":         "outgoing",
			"service":              "/svc/world",
			"dtab.base":            "/svc=>/#/io.l5d.fs",
			"dtab.local":           "",
			"client":               "/#/io.l5d.fs/world",
			"residual":             "/",
			"zipkin.sampling_rate": "1",
		}
		if d := cmp.Diff(want, tracetest.Tags(server)); d != "" {
			t.Error(d)
		}
	})
	// Walkthrough 4.8, without the two addresses.
	t.Run("client tags", func(t *testing.T) {
		want := map[string]string{
			"clnt/meshhop.version":    "0.1",
			"http.req.host":           "world",
			"http.req.method":         "GET",
			"http.req.version":        "HTTP/1.1",
			"http.rsp.content-length": "20",
			"http.rsp.content-type":   "text/plain; charset=utf-8",
			"http.rsp.status":         "200",
			"http.rsp.version":        "HTTP/1.1",
			"http.uri":                "/a%20b?q=1",
			"l5d.success":             "1",
		}
		if d := cmp.Diff(want, tracetest.Tags(client)); d != "" {
			t.Error(d)
		}
	})
	t.Run("vector 104: annotations", func(t *testing.T) {
		if d := cmp.Diff([]string{"wr", "namer.success", "ws"}, tracetest.Events(server)); d != "" {
			t.Error("server", d)
		}
		if d := cmp.Diff([]string{"ws", "wr"}, tracetest.Events(client)); d != "" {
			t.Error("client", d)
		}
	})
	t.Run("addresses", func(t *testing.T) {
		if client.Peer != clientPeer || client.Local.Port() != 40000 || server.Local != serverAt || server.Peer != callerAt {
			t.Errorf("client %v -> %v, server %v <- %v", client.Local, client.Peer, server.Local, server.Peer)
		}
	})
	t.Run("vector 8: headers", func(t *testing.T) {
		c, ok := trace.L5d().Extract(out)
		if !ok || c.Span != client.Span || c.Parent != server.Span || c.L5d().Flags != 6 {
			t.Errorf("got %+v from %v", c, out)
		}
		if got, want := out[wire.ReqIDName], []string{server.Trace.String()[16:]}; !cmp.Equal(got, want) {
			t.Errorf("l5d-reqid %q, want %q", got, want)
		}
	})
	t.Run("vector 13: fed back", func(t *testing.T) {
		rec.Reset()
		pass(h, out, request(t, "GET", "http://world/"), nil)
		next := tracetest.Find(t, rec.Records(), "0.0.0.0/4140", "")
		if next.Trace != client.Trace || next.Parent != client.Span || next.Span == client.Span {
			t.Errorf("after %+v comes %+v", client.Context, next.Context)
		}
		if tracetest.Tags(next)["zipkin.sampling_rate"] != "" {
			t.Error("a sampling rate although the decision came from outside")
		}
	})
}

func TestHopFailure(t *testing.T) {
	p, rec := recorded(t)
	pass(hop(trace.HopConfig{TracerProvider: p}), http.Header{}, request(t, "POST", "http://world"), errors.New("connection refused"))
	server := tracetest.Find(t, rec.Records(), "0.0.0.0/4140", "")
	client := tracetest.Find(t, rec.Records(), "#/io.l5d.fs/world", "POST /")
	if server.Status != codes.Error || server.StatusText != "connection refused" || tracetest.Tags(server)["io.buoyant.router.Failure"] != "Service" {
		t.Errorf("server %v %q %v", server.Status, server.StatusText, tracetest.Tags(server))
	}
	want := map[string]string{
		"clnt/meshhop.version": "dev", "http.req.host": "world", "http.req.method": "POST", "http.req.version": "HTTP/1.1", "http.uri": "/",
		"error": "true", "exception.type": "*errors.errorString", "exception.message": "connection refused",
	}
	if d := cmp.Diff(want, tracetest.Tags(client)); d != "" || client.Status != codes.Error {
		t.Error(client.Status, d)
	}
}

func TestHopClassification(t *testing.T) {
	for name, row := range map[string]struct {
		success float64
		events  []string
		tag     string
	}{
		"success":      {1, nil, "1"},
		"half":         {0.5, nil, "0.5"},
		"failure":      {0, []string{"l5d.failure"}, ""},
		"the caller's": {math.NaN(), []string{"l5d.retryable"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, rec := recorded(t)
			h := hop(trace.HopConfig{TracerProvider: p})
			_, span := h.StartClient(t.Context(), request(t, "GET", "http://a"), hopspan.ClientStart{})
			hopspan.Responded(span, &http.Response{StatusCode: 500, TransferEncoding: []string{"chunked"}}, row.success)
			if math.IsNaN(row.success) {
				span.AddEvent("l5d.retryable")
			}
			hopspan.Responded(span, nil, 1)
			hopspan.EndClient(span, nil)
			r := rec.Records()[0]
			if d := cmp.Diff(row.events, tracetest.Events(r)); d != "" || tracetest.Tags(r)["l5d.success"] != row.tag {
				t.Error(d, tracetest.Tags(r))
			}
			if got := tracetest.Tags(r)["http.rsp.transfer-encoding"]; got != "chunked" {
				t.Errorf("transfer encoding %q", got)
			}
		})
	}
}

// What Linkerd decides of sampling, with our departures: a decision made here is what
// the next hop sees.
func TestDecision(t *testing.T) {
	for _, row := range []struct {
		vector  string
		in      string // flags of l5d-ctx-trace
		sample  string
		sampler float64 // below 0: none
		local   trace.Sampling
		out     uint64
	}{
		{"14", "", "", -1, trace.Undecided, 0},
		{"14", "0", "", -1, trace.Undecided, 0},
		{"", "", "", 1, trace.Keep, 6},
		{"", "0", "", 1, trace.Keep, 6},
		{"", "", "", 0, trace.Drop, 2},
		{"", "0", "", 0, trace.Drop, 2},
		{"14", "", "1.0", -1, trace.Keep, 6},
		{"", "0", "1.0", 0, trace.Keep, 6},
		{"", "2", "1.0", 0, trace.Keep, 6},
		{"14", "", "0.0", 1, trace.Drop, 2},
		{"", "0", "0.0", 1, trace.Drop, 2},
		{"", "6", "0.0", 1, trace.Drop, 2},
		{"", "1", "0.0", 0, trace.Keep, 7},
		{"", "1", "", 0, trace.Keep, 7},
		{"", "3", "", 0, trace.Keep, 7},
		{"", "6", "", 0, trace.Keep, 6},
		{"12", "2", "", 1, trace.Drop, 2},
		{"", "4", "", -1, trace.Undecided, 4},
		{"", "4", "", 0, trace.Drop, 2},
		{"", "8796093022214", "", -1, trace.Keep, 1<<43 | 6},
		{"", "8796093022214", "0", -1, trace.Drop, 1<<43 | 2},
		{"16", "6", "yes", 0, trace.Keep, 6},
		{"16", "", "NaN", -1, trace.Undecided, 0},
		{"17", "2", "1.5", 0, trace.Keep, 6},
		{"17", "6", "-3", 0, trace.Drop, 2},
	} {
		t.Run(vectorName(row.vector, "flags "+row.in+" sample "+row.sample), func(t *testing.T) {
			rec := new(tracetest.Recorder)
			c := trace.ProviderConfig{Sink: rec}
			if row.sampler >= 0 {
				c.Sampler = sampler(t, row.sampler)
			}
			in := http.Header{}
			if row.in != "" {
				flags, err := strconv.ParseUint(row.in, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				in.Set(ctxhdr.TraceName, ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: flags}.String())
			}
			if row.sample != "" {
				in.Set("l5d-sample", row.sample)
			}
			before := in.Clone()
			h := hop(trace.HopConfig{TracerProvider: provider(t, c)})
			out := pass(h, in, request(t, "GET", "http://world"), nil)
			if d := cmp.Diff(before, in); d != "" {
				t.Error("StartServer changed the headers", d)
			}
			got, ok := ctxhdr.Trace(out)
			if !ok || got.Flags != row.out {
				t.Errorf("flags %d out, want %d", got.Flags, row.out)
			}
			want := 0
			if row.local == trace.Keep {
				want = 2
			}
			if n := len(rec.Records()); n != want {
				t.Errorf("%d spans recorded, want %d", n, want)
			}
			h.Clear(in)
			if len(in) != 0 {
				t.Errorf("Clear left %v", in)
			}
		})
	}
}

func TestSampleOneOverridesARareSampler(t *testing.T) {
	rec := new(tracetest.Recorder)
	h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: rec, Sampler: sampler(t, 0.001)})})
	in := http.Header{"L5d-Sample": {"0.5"}}
	const n = 2000
	for range n {
		pass(h, in, request(t, "GET", "http://world"), nil)
	}
	traces := len(rec.Records()) / 2
	if off := math.Abs(float64(traces) - n/2); off > 4*math.Sqrt(n*0.25) {
		t.Errorf("l5d-sample 0.5 kept %d of %d traces", traces, n)
	}
}

func TestFresh(t *testing.T) {
	p, rec := recorded(t)
	h := hop(trace.HopConfig{TracerProvider: p})
	in := http.Header{"L5d-Sample": {"0"}}
	in.Set(ctxhdr.TraceName, ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: 2}.String())
	_, span := h.StartServer(t.Context(), in, hopspan.ServerStart{Fresh: true})
	hopspan.EndServer(span, 200)
	tracetest.AssertTree(t, rec.Records(), `server unknown "unknown"`)
}

func TestHopWithoutProvider(t *testing.T) {
	h := hop(trace.HopConfig{Propagator: trace.Bridge(nil, []trace.Propagator{trace.L5d(), trace.W3C()})})
	out := pass(h, http.Header{}, request(t, "GET", "http://world"), nil)
	c, ok := trace.L5d().Extract(out)
	if !ok || c.Decision() != trace.Undecided || !c.Parent.IsValid() {
		t.Errorf("got %+v from %v", c, out)
	}
	if w, ok := trace.W3C().Extract(out); !ok || w.Span != c.Span || !strings.HasSuffix(out.Get("traceparent"), "-02") { // a root made here is random
		t.Errorf("traceparent %q", out.Get("traceparent"))
	}
	empty := http.Header{}
	h.Inject(t.Context(), empty)
	if len(empty) != 0 {
		t.Errorf("without a span: %v", empty)
	}
}

func TestSpanIsVisibleBelow(t *testing.T) {
	p, rec := recorded(t)
	h := hop(trace.HopConfig{TracerProvider: p})
	ctx, server := h.StartServer(t.Context(), http.Header{}, serverStart)
	if oteltrace.SpanFromContext(ctx) != server {
		t.Error("another span in ctx")
	}
	ctx, mine := server.TracerProvider().Tracer("mine").Start(ctx, "work")
	_, client := h.StartClient(ctx, request(t, "GET", "http://world"), hopspan.ClientStart{Service: "c"})
	hopspan.EndClient(client, nil)
	mine.End()
	hopspan.EndServer(server, 200)
	want := "server 0.0.0.0/4140 \"outgoing\"\n  internal unknown \"work\"\n    client c \"GET /\"\n"
	if got := tracetest.Format(rec.Records()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
