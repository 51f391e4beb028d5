package proxy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// withSampling has a hop sample by these rules, and keep what it is told to.
func withSampling(t testing.TB, to *tracetest.Recorder, c trace.SamplerConfig, keep *trace.KeepConfig) option {
	t.Helper()
	sampler, err := trace.NewSamplerWith(c)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: to, Sampler: sampler, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	return withRouter(func(r *router.Config) { r.Hop = trace.NewHop(trace.HopConfig{TracerProvider: provider}) })
}

const (
	notSampled = "l5d-ctx-trace: AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAI=\r\n" // trace 1
	keepsIt    = "\r\nl5d-keep: 0000000000000001"
)

// TestKeepOnTheWire: what l5d-keep says in each kind of response, whatever the backend says
// in it, and how many spans are kept.
func TestKeepOnTheWire(t *testing.T) {
	const ok, forged = "HTTP/1.1 200 OK\r\n", "l5d-keep: 00000000000000ff\r\nL5D-KEEP: 0000000000000001\r\n"
	errors := &trace.KeepConfig{Errors: true}
	cleared := withProxy(func(c *proxy.Config) { c.ClearContext = true })
	trusted := withProxy(func(c *proxy.Config) { c.ClearContext, c.TrustTraceContext = true, true })
	for _, row := range []struct {
		what     string
		keep     *trace.KeepConfig
		option   option
		request  string // its head, without l5d-ctx-trace
		response string
		tells    bool
		spans    int
		missing  string
	}{
		{"a success", errors, nil, "", ok + "Content-Length: 0\r\n\r\n", false, 0, ""},
		{"an error", errors, nil, "", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", true, 2, ""},
		{"an error with a body of unknown length", errors, nil, "", "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", true, 2, ""},
		{"an error of a hop that keeps nothing", nil, nil, "", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false, 0, ""},
		{"no valid response", errors, nil, "", "nonsense\r\n\r\n" + closeMark, true, 2, ""},
		{"a response that breaks off", errors, nil, "", ok + "Content-Length: 9\r\n\r\nx" + closeMark, false, 2, "callers"},
		{"a status that cannot be", errors, nil, "", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", true, 2, ""},
		{"no such name", errors, withDtab("/svc => /#/fake/none"), "", "", true, 1, ""},
		{"an error with clearContext", errors, cleared, "", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false, 2, ""},
		{"an error with clearContext and trustTraceContext", errors, trusted, "", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false, 2, ""},
		{"too many requests at once", errors, withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 }), "", "", true, 1, ""},
		{"asked, in a second line", errors, nil, "", ok + forged + "Content-Length: 0\r\n\r\n", false, 0, ""},
		{"asked", errors, nil, "", ok + "L5D-KEEP: 0000000000000001\r\nContent-Length: 0\r\n\r\n", true, 2, ""},
		{"asked about another trace", errors, nil, "", ok + "l5d-keep: 0000000000000002\r\nContent-Length: 0\r\n\r\n", false, 0, ""},
		{"asked of a hop that keeps nothing", nil, nil, "", ok + forged + "Content-Length: 0\r\n\r\n", false, 0, ""},
		{"asked in a 103", errors, nil, "", "HTTP/1.1 103 Early\r\nLink: a\r\n" + forged + "\r\n" + ok + "Content-Length: 0\r\n\r\n", false, 0, ""},
		{"asked in a trailer", errors, nil, "TE: trailers\r\n", ok + "Trailer: l5d-keep\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + forged + "\r\n", false, 0, ""},
		{"asked by the client", errors, nil, forged, ok + "Content-Length: 0\r\n\r\n", false, 0, ""},
		{"asked with an upgrade", errors, nil, "Connection: upgrade, close\r\nUpgrade: x\r\n", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\nl5d-keep: 0000000000000001\r\n\r\n" + closeMark, true, 2, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			spans := new(tracetest.Recorder)
			var got string
			entered, leave := make(chan struct{}), make(chan struct{})
			busy := row.what == "too many requests at once"
			backend := rawBackend(t, func(head string) string {
				got = head
				if busy {
					close(entered)
					<-leave
					return ok + "Content-Length: 0\r\n\r\n"
				}
				return row.response
			})
			records, recording := withRecords()
			options := []option{withSampling(t, spans, trace.SamplerConfig{}, row.keep), recording}
			if row.option != nil {
				options = append(options, row.option)
			}
			h := startHop(t, backend, options...)
			if busy {
				first := make(chan struct{})
				go func() {
					defer close(first)
					h.get(t)
				}()
				<-entered
				defer func() { close(leave); <-first }()
			}
			connection := "Connection: close\r\n"
			if strings.Contains(row.request, "Connection") {
				connection = ""
			}
			head, body := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\n"+connection+notSampled+row.request+"\r\n")
			if strings.HasPrefix(head, "HTTP/1.1 103") { // what follows is the response
				head += "\r\n" + body
			}
			if tells := strings.Contains(head, keepsIt); tells != row.tells || strings.Count(strings.ToLower(head), "l5d-keep") != count(row.tells) {
				t.Errorf("tells: %v\n%s", tells, head)
			}
			if strings.Contains(strings.ToLower(got), "l5d-keep") {
				t.Errorf("l5d-keep is sent on:\n%s", got)
			}
			if row.spans == 0 {
				records.next(t)
				if n := len(spans.Records()); n != 0 {
					t.Errorf("%d spans are kept", n)
				}
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			kept, err := spans.Wait(ctx, row.spans)
			if err != nil || len(kept) != row.spans {
				t.Fatalf("%d spans, want %d: %v", len(kept), row.spans, err)
			}
			for _, r := range kept {
				if missing := tracetest.Tags(r)["meshhop.keep.missing"]; r.Kind.String() == "server" && missing != row.missing {
					t.Errorf("missing: %q, want %q", missing, row.missing)
				}
			}
		})
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestRecordOfADecision: the record of a request says whether its trace can be looked at,
// also where that is decided by its name or at its end.
func TestRecordOfADecision(t *testing.T) {
	for _, row := range []struct {
		what   string
		config trace.SamplerConfig
		keep   *trace.KeepConfig
		status string
		want   bool
	}{
		{"by the name", trace.SamplerConfig{Services: []trace.ServiceRate{{Prefix: "/svc/web", Rate: 1}}}, nil, "200", true},
		{"by another name", trace.SamplerConfig{Rate: 1, Services: []trace.ServiceRate{{Prefix: "/svc/web", Rate: 0}}}, nil, "200", false},
		{"kept", trace.SamplerConfig{}, &trace.KeepConfig{Errors: true}, "500", true},
		{"not kept", trace.SamplerConfig{}, &trace.KeepConfig{Errors: true}, "200", false},
	} {
		t.Run(row.what, func(t *testing.T) {
			records, option := withRecords()
			h := startHop(t, rawBackend(t, func(string) string { return "HTTP/1.1 " + row.status + " X\r\nContent-Length: 0\r\n\r\n" }),
				withSampling(t, new(tracetest.Recorder), row.config, row.keep), option)
			h.get(t)
			if r := records.next(t); r.Sampled != row.want {
				t.Errorf("sampled: %v", r.Sampled)
			}
		})
	}
}
