package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// hop is a running hop in front of a fake namer whose name /web is bound to
// the backend, if there is one.
type hop struct {
	URL    string
	addr   string
	conns  *serve.Server
	names  *resolvetest.Namer
	spans  *tracetest.Recorder
	server *proxy.Handler
	router *router.Router
}

// option changes the configuration of a hop.
type option func(*router.Config, *proxy.Config)

func withDtab(text string) option {
	return func(r *router.Config, _ *proxy.Config) { r.Dtab = resolve.MustDtab(text) }
}

func withProxy(change func(*proxy.Config)) option {
	return func(_ *router.Config, p *proxy.Config) { change(p) }
}

func withRouter(change func(*router.Config)) option {
	return func(r *router.Config, _ *proxy.Config) { change(r) }
}

// startHop starts a hop that samples every trace.
func startHop(t testing.TB, backendAddr string, options ...option) *hop {
	t.Helper()
	h := &hop{names: new(resolvetest.Namer), spans: new(tracetest.Recorder)}
	if backendAddr != "" {
		h.names.Bind("/web", backendAddr)
	}
	interpreter, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: h.names}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: h.spans, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	tracing := trace.NewHop(trace.HopConfig{TracerProvider: provider, Version: "test"})
	routing := router.Config{
		Dtab:        resolve.MustDtab("/svc => /#/fake"),
		Interpreter: interpreter,
		Hop:         tracing,
	}
	serving := proxy.Config{ServiceName: "127.0.0.1/4140"}
	for _, o := range options {
		o(&routing, &serving)
	}
	if h.router, err = router.New(routing); err != nil {
		t.Fatal(err)
	}
	serving.Router = h.router
	if h.server, err = proxy.New(serving); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The server was shut down; it does not wait for long.
		for end := time.Now().Add(10 * time.Second); h.server.Stats().Pending > 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if err := h.router.Close(); err != nil {
			t.Error(err)
		}
	})
	s := servetest.Start(t, h.server)
	h.addr, h.URL, h.conns = s.Addr, "http://"+s.Addr, s.Server
	return h
}

// startBackend starts a backend and returns its address.
func startBackend(t testing.TB, handler http.Handler) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// closeMark at the end of a raw response closes the connection after it.
const closeMark = "\x00close"

// rawBackend responds to each request on a connection with the bytes that the function
// returns, which gets the head as it stood on the wire.
func rawBackend(t testing.TB, response func(head string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					var head strings.Builder
					for {
						line, err := in.ReadString('\n')
						if err != nil {
							return
						}
						head.WriteString(line)
						if line == "\r\n" {
							break
						}
					}
					bytes := response(head.String())
					bytes, closing := strings.CutSuffix(bytes, closeMark)
					if _, err := io.WriteString(conn, bytes); err != nil || closing {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// exchange sends bytes to the hop and returns the head and the body of the
// response, as they stood on the wire; the request should ask to close.
func (h *hop) exchange(t testing.TB, request string) (head, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ = strings.Cut(string(response), "\r\n\r\n")
	return head, body
}

// unmarked returns a text with a placeholder for each mark; see TestMark.
func unmarked(text string) string {
	return regexp.MustCompile(`\([0-9a-f]{8}\.[0-9a-f]{8}\)`).ReplaceAllString(text, "(R.N)")
}

// dial opens a connection to the hop that no test waits on for long.
func (h *hop) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// get sends a request for the name web and returns the response, its body read.
func (h *hop) get(t testing.TB, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("GET", h.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "web"
	for _, c := range change {
		c(r)
	}
	return do(t, r)
}

func do(t testing.TB, r *http.Request) (*http.Response, string) {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// inside is what the hop's own packages ask of its handler.
func inside(h *hop) *hophandler.Handler { return (*hophandler.Handler)(h.server) }
