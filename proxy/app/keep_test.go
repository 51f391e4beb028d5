package app

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// keepScene is the chain of the demo, of which nothing is sampled: a client, hello and
// world, each call by way of outgoing and incoming.
type keepScene struct {
	t         *testing.T
	collector *running
	hops      []*running
	outgoing  string
}

// startKeepScene starts it with these keys for what the two routers keep, in one process
// if they are the same. World fails if it is asked for /fail; hello answers 200 in any case
// if it is asked for /swallow/fail.
func startKeepScene(t *testing.T, outgoing, incoming string, hello http.HandlerFunc) *keepScene {
	s := &keepScene{t: t, collector: start(t, "collector", "-addr", "127.0.0.1:0")}
	world := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fail" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(world.Close)
	if hello == nil {
		through := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return &url.URL{Scheme: "http", Host: s.outgoing}, nil }}
		t.Cleanup(through.CloseIdleConnections)
		client := &http.Client{Transport: ctxhdr.Transport(through)}
		hello = func(w http.ResponseWriter, r *http.Request) {
			path, swallows := strings.CutPrefix(r.URL.Path, "/swallow")
			out, err := http.NewRequestWithContext(r.Context(), "GET", "http://world"+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := client.Do(out)
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if !swallows {
				w.WriteHeader(resp.StatusCode)
			}
		}
	}
	app := httptest.NewServer(ctxhdr.Middleware(hello))
	t.Cleanup(app.Close)

	telemetry := func(keep string) string {
		port := portOf(strings.TrimSuffix(s.collector.addr("page:"), "/"))
		return fmt.Sprintf("telemetry:\n- kind: io.l5d.zipkin\n  port: %s\n  host: 127.0.0.1\n  sampleRate: 0\n%s", port, keep)
	}
	in := fmt.Sprintf("- protocol: http\n  label: incoming\n  dtab: /svc/hello => /$/inet/127.1/%s; /svc/world => /$/inet/127.1/%s\n  servers: [{port: PORT}]\n",
		portOf(app.Listener.Addr().String()), portOf(world.Listener.Addr().String()))
	out := "- protocol: http\n  label: outgoing\n  dtab: /svc => /$/inet/127.1/PORT\n  servers: [{port: 0}]\n"
	run := func(port, keep, routers string) *running {
		file := write(t, "admin: {port: 0}\n"+telemetry(keep)+"routers:\n"+strings.ReplaceAll(routers, "PORT", port))
		s.hops = append(s.hops, start(t, "run", file))
		return s.hops[len(s.hops)-1]
	}
	if outgoing == incoming {
		run(fmt.Sprint(freePorts(t, 1)[0]), outgoing, out+in)
	} else {
		behind := run("0", incoming, in)
		run(portOf(behind.addr("router incoming")), outgoing, out)
	}
	s.outgoing = s.hops[len(s.hops)-1].addr("router outgoing")
	return s
}

// ask sends a request and returns what the response says in l5d-keep.
func (s *keepScene) ask(path string, header http.Header, status int) (keep []string) {
	s.t.Helper()
	resp, _ := get(s.t, s.outgoing, "http://hello"+path, header)
	if resp.StatusCode != status {
		s.t.Errorf("%s: %s, want %d", path, resp.Status, status)
	}
	return resp.Header.Values("l5d-keep")
}

// end ends the hops, which sends all that is kept, and returns how many spans there are,
// in how many traces, and the reasons in their tags.
func (s *keepScene) end() (spans, traces int, reasons map[string]int) {
	s.t.Helper()
	for _, hop := range s.hops {
		hop.stop()
	}
	resp, body := get(s.t, "", "http://"+s.collector.addr("page:")+"api/v2/traces?limit=1000", nil)
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s", resp.Status, body)
	}
	records, err := tracetest.FromZipkin([]byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	ids, reasons := map[string]bool{}, map[string]int{}
	for _, r := range records {
		ids[r.Trace.String()] = true
		reasons[tracetest.Tags(r)["meshhop.keep"]]++
	}
	return len(records), len(ids), reasons
}

const keepErrors = "  keep: {errors: true}\n"

// TestKeepErrors: of a chain in which nothing is sampled those requests arrive that failed,
// with all of their spans, and no others.
func TestKeepErrors(t *testing.T) {
	for _, row := range []struct {
		what               string
		outgoing, incoming string
		path               string
		status             int
		spans              int
		want               string // the reasons
	}{
		{"one process", keepErrors, keepErrors, "/fail", 500, 8, "map[error:8]"},
		{"one process, and hello answers 200", keepErrors, keepErrors, "/swallow/fail", 200, 8, "map[error:8]"},
		{"two processes that are told only by l5d-keep", "  keep: {}\n", keepErrors, "/fail", 500, 8, "map[asked:4 error:4]"},
		{"the same, and hello answers 200", "  keep: {}\n", keepErrors, "/swallow/fail", 200, 8, "map[asked:4 error:4]"},
		{"two processes, of which one keeps nothing", "", keepErrors, "/fail", 500, 4, "map[error:4]"},
		{"errors are not kept", "  keep: {overrides: true}\n", "  keep: {overrides: true}\n", "/fail", 500, 0, "map[]"},
		{"nothing is kept", "", "", "/fail", 500, 0, "map[]"},
	} {
		t.Run(row.what, func(t *testing.T) {
			s := startKeepScene(t, row.outgoing, row.incoming, nil)
			for range 10 {
				s.ask("/", nil, 200)
			}
			if keep := s.ask(row.path, nil, row.status); keep != nil {
				t.Errorf("a client without l5d-ctx-trace gets l5d-keep: %q", keep)
			}
			s.ask("/swallow/", nil, 200)
			spans, traces, reasons := s.end()
			if spans != row.spans || traces != min(row.spans, 1) || fmt.Sprint(reasons) != row.want {
				t.Errorf("%d spans in %d traces, %v, want %d, %s", spans, traces, reasons, row.spans, row.want)
			}
		})
	}
}

// TestKeepTellsTheCaller: a client that sent l5d-ctx-trace is told, of its own trace, and
// only then.
func TestKeepTellsTheCaller(t *testing.T) {
	const id = "00000000000000a1"
	mine := ctxhdr.TraceID{Span: 0xa3, Parent: 0xa2, Trace: 0xa1, Flags: ctxhdr.FlagSamplingKnown}
	header := http.Header{"l5d-ctx-trace": {mine.String()}}
	s := startKeepScene(t, keepErrors, keepErrors, nil)
	if keep := s.ask("/", header, 200); keep != nil {
		t.Errorf("a success says l5d-keep: %q", keep)
	}
	// The spans of the success before it are of the same trace, and still held.
	if keep := s.ask("/fail", header, 500); fmt.Sprint(keep) != "["+id+"]" {
		t.Errorf("l5d-keep is %q", keep)
	}
	// What the hop makes itself says so too.
	mine.Trace = 0xa4
	resp, _ := get(t, s.outgoing, "http://nobody/", http.Header{"l5d-ctx-trace": {mine.String()}})
	if keep := resp.Header.Get("l5d-keep"); resp.StatusCode != 502 || keep != "00000000000000a4" {
		t.Errorf("%s with l5d-keep: %q", resp.Status, keep)
	}
	for _, want := range []string{`meshhop_keep_traces_total{reason="error"} 2`, "meshhop_keep_spans_total 19", "meshhop_keep_evicted_total 0", "meshhop_traces_limited_total 0"} {
		waitFor(t, want, func() bool {
			_, page := get(t, "", "http://"+s.hops[0].addr("admin")+"/metrics", nil)
			return strings.Contains(page, want+"\n")
		})
	}
	if spans, traces, _ := s.end(); spans != 19 || traces != 2 {
		t.Errorf("%d spans in %d traces, want 19 in 2", spans, traces)
	}
}

// TestKeepIsNotForged: neither an application nor a client can have spans kept of a trace
// that is not its own, and l5d-keep goes no further than one hop.
func TestKeepIsNotForged(t *testing.T) {
	var got http.Header
	s := startKeepScene(t, "  keep: {}\n", "", func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.Header()["L5D-KEEP"] = []string{"00000000000000a1"}
		if r.URL.Path == "/own" {
			own, _ := ctxhdr.Trace(r.Header)
			w.Header()["L5D-KEEP"] = []string{own.ReqID()}
		}
	})
	mine := ctxhdr.TraceID{Span: 0xb3, Parent: 0xb2, Trace: 0xb1, Flags: ctxhdr.FlagSamplingKnown}
	for _, header := range []http.Header{nil, {"l5d-keep": {"00000000000000b1"}, "l5d-ctx-trace": {mine.String()}}} {
		for _, path := range []string{"/", "/own"} { // the incoming router keeps nothing, and so does not believe it
			if keep := s.ask(path, header, 200); keep != nil {
				t.Errorf("l5d-keep of the application is passed on: %q", keep)
			}
			if keep := got.Values("l5d-keep"); keep != nil {
				t.Errorf("l5d-keep of the client is passed on: %q", keep)
			}
		}
	}
	if spans, _, reasons := s.end(); spans != 0 {
		t.Errorf("%d spans: %v", spans, reasons)
	}
}
