package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// The number of a request of TestRequestsDoNotMix is in its path, in fields of its head, in its
// trace id, and in everything of its response. Its kind is what the backend makes of it.
type mixedKind int

const (
	mixedPlain mixedKind = iota
	mixedHead
	mixedEmpty
	mixedTrailer
	mixedHints  // 103 before the response
	mixedPosted // with a body
	mixedRetried
	mixedOld     // HTTP/1.0
	mixedBroken  // the response breaks off
	mixedLeft    // the client leaves after the request
	mixedUnbound // there is no such name
	mixedKinds
)

const mixedField = "X-Only-"

// mixedBody is the body of a request or of a response.
func mixedBody(id int) string { return strings.Repeat(strconv.Itoa(id)+";", 1+id%500) }

// request is the request as it stands on the wire.
func (k mixedKind) request(id int) string {
	n := strconv.Itoa(id)
	method, proto, host, body := "GET", "HTTP/1.1", "web", ""
	switch k {
	case mixedHead:
		method = "HEAD"
	case mixedPosted:
		method, body = "POST", mixedBody(id)
	case mixedOld:
		proto = "HTTP/1.0"
	case mixedUnbound:
		host = "nobody" + n
	}
	head := fmt.Sprintf("%s /%d/%s?q=%s %s\r\nHost: %s\r\nUser-Agent: a%s\r\nReferer: r%s\r\nCookie: c=%s\r\n%s%s: %s\r\n", method, k, n, n, proto, host, n, n, n, mixedField, n, n)
	head += "l5d-ctx-trace: " + ctxhdr.TraceID{Span: 5, Parent: 4, Trace: uint64(id)}.String() + "\r\n"
	if k == mixedOld {
		head += "Connection: keep-alive\r\n"
	}
	if body != "" {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return head + "\r\n" + body
}

// onlyOf returns what is wrong with a header that may have the field of one request alone.
func onlyOf(h http.Header, id int) string {
	for name, values := range h {
		if rest, ok := strings.CutPrefix(name, mixedField); ok && (rest != strconv.Itoa(id) || len(values) != 1 || values[0] != rest) {
			return fmt.Sprintf("the header of %d has %s: %q", id, name, values)
		}
	}
	if len(h[mixedField+strconv.Itoa(id)]) != 1 {
		return fmt.Sprintf("the header of %d has not its own field: %v", id, h)
	}
	return ""
}

// mixedBackend responds as the paths of requests say, and checks that nothing of another
// request has come with them.
type mixedBackend struct {
	t    testing.TB
	seen sync.Map // numbers of requests that are tried again
}

func (b *mixedBackend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k, id, ok := mixedOf(r.URL.Path)
	n := strconv.Itoa(id)
	if !ok || r.URL.RawQuery != "q="+n || r.UserAgent() != "a"+n || r.Referer() != "r"+n || r.Header.Get("Cookie") != "c="+n || r.Host != "web" {
		b.t.Errorf("%s has %v", r.URL, r.Header)
	}
	if what := onlyOf(r.Header, id); what != "" {
		b.t.Errorf("a request: %s", what)
	}
	if c, ok := ctxhdr.Trace(r.Header); !ok || c.Trace != uint64(id) {
		b.t.Errorf("%d is sent with the trace %+v", id, c)
	}
	if body, _ := io.ReadAll(r.Body); k == mixedPosted && string(body) != mixedBody(id) || k != mixedPosted && len(body) > 0 {
		if r.Context().Err() == nil {
			b.t.Errorf("%d has another body", id)
		}
	}
	h := w.Header()
	h.Set(mixedField+n, n)
	h.Set("Set-Cookie", "c="+n)
	body := mixedBody(id)
	switch k {
	case mixedEmpty:
		w.WriteHeader(http.StatusNoContent)
		return
	case mixedTrailer:
		h.Set("Trailer", "X-End")
		defer h.Set("X-End", n)
	case mixedHints:
		w.WriteHeader(http.StatusEarlyHints)
	case mixedRetried:
		if _, again := b.seen.LoadOrStore(id, true); !again {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	case mixedBroken:
		h.Set("Content-Length", strconv.Itoa(len(body)+1))
		io.WriteString(w, body)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	io.WriteString(w, body)
}

// mixedOf reads a path.
func mixedOf(path string) (k mixedKind, id int, ok bool) {
	n, err := fmt.Sscanf(path, "/%d/%d", &k, &id)
	return k, id, n == 2 && err == nil
}

// errMixedClosed says that the connection ends with this response, as it may.
var errMixedClosed = errors.New("the connection is closed")

// response reads the response to a request, and returns what is wrong with it.
func (k mixedKind) response(in *bufio.Reader, id int) error {
	method := http.MethodGet
	if k == mixedHead {
		method = http.MethodHead
	}
	n := strconv.Itoa(id)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return fmt.Errorf("%d, kind %d: %w", id, k, err)
		}
		if k == mixedUnbound {
			text, _ := io.ReadAll(resp.Body)
			if resp.StatusCode < 400 || !strings.Contains(string(text), "nobody"+n) || len(resp.Cookies()) > 0 {
				return fmt.Errorf("%d: status %d, %q, %v", id, resp.StatusCode, text, resp.Header)
			}
			return mixedClosed(resp)
		}
		if what := onlyOf(resp.Header, id); what != "" {
			return fmt.Errorf("a response of kind %d, status %d: %s", k, resp.StatusCode, what)
		}
		if resp.StatusCode == http.StatusEarlyHints {
			continue
		}
		if c := resp.Header["Set-Cookie"]; len(c) != 1 || c[0] != "c="+n {
			return fmt.Errorf("%d has the cookies %q", id, c)
		}
		body, err := io.ReadAll(resp.Body)
		switch want := mixedBody(id); {
		case k == mixedBroken:
			if err == nil || !strings.HasPrefix(want, string(body)) {
				return fmt.Errorf("%d has the body %q, %v", id, body, err)
			}
			return errMixedClosed
		case k == mixedHead || k == mixedEmpty:
			want = ""
			fallthrough
		default:
			if err != nil || string(body) != want {
				return fmt.Errorf("%d, kind %d, has the body %.99q, %v", id, k, body, err)
			}
		}
		if end := resp.Trailer.Get("X-End"); k == mixedTrailer && end != n || k != mixedTrailer && len(resp.Trailer) > 0 {
			return fmt.Errorf("%d, kind %d, has the trailers %v", id, k, resp.Trailer)
		}
		return mixedClosed(resp)
	}
}

func mixedClosed(resp *http.Response) error {
	if resp.Close {
		return errMixedClosed
	}
	return nil
}

// mixedClient sends requests on connections of its own, some of them two at a time.
func mixedClient(t testing.TB, addr string, random *rand.Rand, ids func() int, requests int, answered func(mixedKind, int)) {
	var c net.Conn
	var in *bufio.Reader
	leave := func() {
		if c != nil {
			c.Close()
			c = nil
		}
	}
	defer leave()
	for range requests {
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", addr); err != nil {
				t.Error(err)
				return
			}
			c.SetDeadline(time.Now().Add(time.Minute))
			in = bufio.NewReader(c)
		}
		kinds, text := []mixedKind{mixedKind(random.IntN(int(mixedKinds)))}, ""
		if random.IntN(4) == 0 {
			second := mixedPlain
			if kinds[0] == mixedLeft || kinds[0] == mixedBroken {
				second = mixedLeft // nobody waits for it
			}
			kinds = append(kinds, second)
		}
		all := make([]int, len(kinds))
		for i, k := range kinds {
			all[i] = ids()
			text += k.request(all[i])
		}
		if _, err := io.WriteString(c, text); err != nil {
			t.Error(err)
			return
		}
		for i, k := range kinds {
			if k == mixedLeft {
				leave()
				break
			}
			err := k.response(in, all[i])
			if err != nil && err != errMixedClosed {
				t.Error(err)
			} else {
				answered(k, all[i])
			}
			if err != nil {
				leave()
				break
			}
		}
	}
}

// checkMixedRecord checks that a record has nothing of another request.
func checkMixedRecord(t testing.TB, r *proxy.Record) {
	k, id, ok := mixedOf(r.Target)
	n := strconv.Itoa(id)
	var traced uint64
	for _, b := range r.Trace[8:] {
		traced = traced<<8 | uint64(b)
	}
	host, service, attempts := "web", "/svc/web", 1
	switch k {
	case mixedUnbound:
		host, service, attempts = "nobody"+n, "/svc/nobody"+n, 0
	case mixedRetried:
		attempts = 2
	}
	if !ok || r.Target != fmt.Sprintf("/%d/%s?q=%s", k, n, n) || r.UserAgent != "a"+n || r.Referer != "r"+n || r.Authority != host || traced != uint64(id) {
		t.Errorf("the record of %s: %+v", r.Target, *r)
	}
	if k == mixedLeft {
		return
	}
	sent := int64(len(mixedBody(id)))
	if k == mixedHead || k == mixedEmpty {
		sent = 0
	}
	if r.Attempts != attempts || r.Service != service || k != mixedUnbound && k != mixedBroken && (r.Status/100 != 2 || r.Err != "" || r.BytesOut != sent) {
		t.Errorf("the record of %s, kind %d: %+v", r.Target, k, *r)
	}
}

// mixedSink checks the spans that it gets, whose memory is lent, or kept by the test.
type mixedSink struct {
	t     testing.TB
	lent  bool
	mu    sync.Mutex
	spans int
	kept  []*trace.Record
}

func (s *mixedSink) Add(r *trace.Record) {
	checkMixedSpan(s.t, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spans++; !s.lent {
		s.kept = append(s.kept, r)
	}
}

func (s *mixedSink) RetainsNothing() bool { return s.lent }

// checkMixedSpan checks that a span is of one request.
func checkMixedSpan(t testing.TB, r *trace.Record) {
	var id uint64
	for _, b := range r.Trace[8:] {
		id = id<<8 | uint64(b)
	}
	tags := tracetest.Tags(r)
	path := r.Request.Path
	if r.Kind == oteltrace.SpanKindClient {
		path = tags["http.uri"]
	}
	if _, of, ok := mixedOf(path); !ok || uint64(of) != id {
		t.Errorf("the trace %d has the path %q", id, path)
	}
	if agent := r.Request.UserAgent; agent != "" && agent != fmt.Sprint("a", id) {
		t.Errorf("the trace %d has the client %q", id, agent)
	}
}

// option traces with this sink: half of the requests, and the others if they fail or are slow.
func (s *mixedSink) option(t testing.TB) option {
	sampler, err := trace.NewSampler(0.5)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: s, Sampler: sampler, Keep: &trace.KeepConfig{Errors: true, Slowest: 1, BufferBytes: 256 << 10}})
	if err != nil {
		t.Fatal(err)
	}
	return withRouter(func(c *router.Config) { c.Hop = trace.NewHop(trace.HopConfig{TracerProvider: provider}) })
}

// TestRequestsDoNotMix: of many requests on many connections, whose memory serves one after
// the other, none has anything of another one: at the backend, at the client, in the record
// and in the spans. Some are tried again, break off, have 1xx responses or trailers, are
// followed by another one at once, or their client leaves; in the middle the hop drains.
func TestRequestsDoNotMix(t *testing.T) {
	for _, row := range []struct {
		name   string
		engine serve.Engine
		lent   bool // the memory of spans
	}{
		{"h1", serve.H1, true},
		{"h1, spans are kept", serve.H1, false},
		{"net/http", serve.NetHTTP, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv(servetest.EngineVariable, row.engine.String())
			clients, requests := 8, 300
			if testing.Short() {
				clients, requests = 4, 100
			}
			budget, err := router.NewBudget(10*time.Second, 1000, 1)
			if err != nil {
				t.Fatal(err)
			}
			var ended, answered sync.Map // paths
			spans := &mixedSink{t: t, lent: row.lent}
			h := startHop(t, startBackend(t, &mixedBackend{t: t}), spans.option(t), withRouter(func(c *router.Config) {
				c.Services = func(resolve.Path) router.ServicePolicy {
					return router.ServicePolicy{Classifier: router.RetryableAll5XX(), Budget: budget}
				}
			}), withProxy(func(c *proxy.Config) {
				c.Ended = func(r *proxy.Record) {
					checkMixedRecord(t, r)
					path, _, _ := strings.Cut(r.Target, "?")
					if _, twice := ended.LoadOrStore(path, true); twice {
						t.Errorf("%s has ended twice", r.Target)
					}
				}
			}))
			var last atomic.Int64
			next := func() int {
				n := last.Add(1)
				if n == int64(clients*requests/2) {
					h.server.Drain()
				}
				return int(n)
			}
			var all sync.WaitGroup
			for seed := range clients {
				all.Go(func() {
					random := rand.New(rand.NewPCG(uint64(seed), 1))
					mixedClient(t, h.addr, random, next, requests, func(k mixedKind, id int) { // it has a response
						answered.Store(fmt.Sprintf("/%d/%d", k, id), true)
					})
				})
			}
			all.Wait()
			if err := h.conns.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			answered.Range(func(path, _ any) bool {
				if _, ok := ended.Load(path); !ok {
					t.Errorf("%s has a response and no record", path)
				}
				return true
			})
			if spans.spans == 0 {
				t.Error("no spans")
			}
			for _, r := range spans.kept {
				checkMixedSpan(t, r)
			}
		})
	}
}
