package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// client returns a client that uses the hop as it would any server.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: 5 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func request(t testing.TB, h *hop, method string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, h.URL+"/", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "web"
	return r
}

// TestBothDirectionsAtOnce: each line of the request's body is echoed before the next
// one is written.
func TestBothDirectionsAtOnce(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if err := control.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		control.Flush()
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(w, "echo %s\n", lines.Text())
			control.Flush()
		}
	})))
	from, to := io.Pipe()
	resp, err := client(t).Do(request(t, h, "POST", from))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	responses := bufio.NewReader(resp.Body)
	for i := range 20 {
		if _, err := fmt.Fprintf(to, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
		got, err := responses.ReadString('\n')
		if want := fmt.Sprintf("echo line %d\n", i); got != want || err != nil {
			t.Fatalf("got %q (%v), want %q", got, err, want)
		}
	}
	to.Close()
	if rest, err := io.ReadAll(responses); len(rest) > 0 || err != nil {
		t.Errorf("then %q (%v)", rest, err)
	}
}

// TestSlowBodyOfKnownLength: what has arrived is passed on before the rest has.
func TestSlowBodyOfKnownLength(t *testing.T) {
	goOn := make(chan struct{})
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "first")
		http.NewResponseController(w).Flush()
		<-goOn
		io.WriteString(w, "later")
	})))
	resp, err := client(t).Do(request(t, h, "GET", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Fatalf("%q %v", first, err)
	}
	close(goOn)
	if rest, err := io.ReadAll(resp.Body); string(rest) != "later" || err != nil || resp.ContentLength != 10 {
		t.Errorf("then %q (%v), length %d", rest, err, resp.ContentLength)
	}
}

// TestTrailersAreCleared: with ClearContext, clients do not even get the names of
// trailers.
func TestTrailersAreCleared(t *testing.T) {
	response := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, l5d-thing\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nl5d-thing: 2\r\nl5d-late: 3\r\n\r\n"
	h := startHop(t, rawBackend(t, func(string) string { return response }), withProxy(func(c *proxy.Config) { c.ClearContext = true }))
	head, body := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
	if got := lines(head, "Trailer"); !slices.Equal(got, []string{"X-Sum"}) {
		t.Errorf("announced: %q", got)
	}
	if want := "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n"; body != want {
		t.Errorf("body %q, want %q", body, want)
	}
}

func TestTrailers(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(http.ResponseWriter)
		want http.Header
	}{
		{"announced", func(w http.ResponseWriter) {
			w.Header().Set("Trailer", "X-Sum, X-Late")
			io.WriteString(w, "body")
			w.Header().Set("X-Sum", "1")
			w.Header().Set("X-Late", "2")
		}, http.Header{"X-Sum": {"1"}, "X-Late": {"2"}}},
		{"not announced", func(w http.ResponseWriter) {
			io.WriteString(w, "body")
			http.NewResponseController(w).Flush()
			w.Header().Set(http.TrailerPrefix+"X-Surprise", "3")
		}, http.Header{"X-Surprise": {"3"}}},
		{"without a body", func(w http.ResponseWriter) {
			w.Header().Set("Trailer", "X-Sum")
			http.NewResponseController(w).Flush()
			w.Header().Set("X-Sum", "1")
		}, http.Header{"X-Sum": {"1"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := make(chan http.Header, 1)
			h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				got <- r.Trailer
				test.send(w)
			})))
			r := request(t, h, "POST", io.NopCloser(strings.NewReader("hello")))
			r.ContentLength = -1
			r.Trailer = http.Header{"X-Request-Sum": {"7"}}
			resp, err := client(t).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.ReadAll(resp.Body); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, resp.Trailer); diff != "" {
				t.Errorf("response's trailers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(http.Header{"X-Request-Sum": {"7"}}, <-got); diff != "" {
				t.Errorf("request's trailers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInformationalAnswers(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Link", "</script.js>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		io.WriteString(w, "done")
	})))
	var links []string
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			if code != http.StatusEarlyHints {
				t.Errorf("status %d", code)
			}
			links = append(links, header.Get("Link"))
			return nil
		},
	})
	resp, err := client(t).Do(request(t, h, "GET", nil).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if want := []string{"</style.css>; rel=preload", "</script.js>; rel=preload"}; !slices.Equal(links, want) {
		t.Errorf("early hints %q, want %q", links, want)
	}
	if resp.Header.Get("Link") != "" || resp.StatusCode != 200 {
		t.Errorf("the final response is %d %v", resp.StatusCode, resp.Header)
	}
}

func TestExpectContinue(t *testing.T) {
	for _, test := range []struct {
		name   string
		accept bool
		status int
	}{{"accepted", true, 200}, {"refused", false, 413}} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Expect") != "100-continue" {
					t.Errorf("Expect is %q", r.Header.Get("Expect"))
				}
				if !test.accept {
					w.WriteHeader(http.StatusRequestEntityTooLarge)
					return
				}
				io.Copy(w, r.Body)
			})))
			body := &touched{Reader: strings.NewReader("payload")}
			r := request(t, h, "POST", body)
			r.ContentLength = 7
			r.Header.Set("Expect", "100-continue")
			resp, err := client(t).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != test.status || test.accept && string(got) != "payload" {
				t.Errorf("got %d %q", resp.StatusCode, got)
			}
			if body.read != test.accept {
				t.Errorf("the body was sent: %v, want %v", body.read, test.accept)
			}
		})
	}
}

// touched is a reader that records whether it was read.
type touched struct {
	io.Reader
	read bool
}

func (r *touched) Read(p []byte) (int, error) {
	r.read = true
	return r.Reader.Read(p)
}

// waitFor polls until ok, for at most ten seconds.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestCallerLeaves: a client that resets its connection leaves at once. One that ends its
// side only may still read the response: see package h1.
func TestCallerLeaves(t *testing.T) {
	arrived, cut := make(chan struct{}), make(chan struct{})
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(cut)
	})))
	ctx, leave := context.WithCancel(context.Background())
	failed := make(chan error)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetLinger(0)
		}
		return conn, err
	}}
	t.Cleanup(transport.CloseIdleConnections)
	go func() {
		_, err := transport.RoundTrip(request(t, h, "GET", nil).WithContext(ctx))
		failed <- err
	}()
	<-arrived
	leave()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	<-cut // the endpoint saw it, too
	waitFor(t, "the hop to be done", func() bool { return h.server.Stats().Pending == 0 })
	if s := h.server.Stats(); s.Failures != 0 {
		t.Errorf("stats %+v: a client's leaving is no failure of the server", s)
	}
}

// TestClientLeavesInTheResponse: it is not a failure either if the client leaves when
// the response has begun.
func TestClientLeavesInTheResponse(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<10)); err != nil {
				return
			}
			http.NewResponseController(w).Flush()
		}
	})))
	conn := h.dial(t)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	waitFor(t, "the hop to be done", func() bool { return h.server.Stats().Requests == 1 })
	if s := h.server.Stats(); s.Failures != 0 || s.ByClass[4] != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestReplicaBreaksOff(t *testing.T) {
	for _, test := range []struct{ name, response string }{
		{"in a body of known length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort"},
		{"in a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, breakingBackend(t, test.response))
			resp, err := client(t).Do(request(t, h, "GET", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("the client took %q for the whole response", got)
			}
			waitFor(t, "the failure to be counted", func() bool { return h.server.Stats().Failures == 1 })
		})
	}
}

// breakingBackend responds to one request on each connection and closes it.
func breakingBackend(t testing.TB, response string) string {
	return rawBackend(t, func(string) string { return response + closeMark })
}

func TestMalformedAnswer(t *testing.T) {
	h := startHop(t, rawBackend(t, func(string) string { return "SPDY/9 200\r\n\r\n" }))
	resp, body := h.get(t)
	if resp.StatusCode != 502 || !strings.Contains(body, "malformed") || !strings.Contains(body, "at remote address: 127.0.0.1:") {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
}

func TestAnswersWithoutABody(t *testing.T) {
	for _, test := range []struct{ method, response, status, length string }{
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", "200 OK", "12345"},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 No Content", ""},
		{"GET", "HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\n\r\n", "304 Not Modified", ""},
		{"GET", "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", "302 Found", "0"},
	} {
		t.Run(test.method+" "+test.status, func(t *testing.T) {
			h := startHop(t, rawBackend(t, func(string) string { return test.response }))
			head, body := h.exchange(t, test.method+" / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 "+test.status+"\r\n") || body != "" {
				t.Errorf("got %q %q", head, body)
			}
			if got := strings.Join(lines(head, "Content-Length"), ","); got != test.length {
				t.Errorf("Content-Length %q, want %q", got, test.length)
			}
		})
	}
}

// TestEarlyResponse: the endpoint responds and reads no more while the request's body
// is still being sent. The client gets the whole response, which says that the
// connection closes.
func TestEarlyResponse(t *testing.T) {
	for _, over := range transports() {
		t.Run(over.name, func(t *testing.T) {
			h := startHop(t, rawBackend(t, func(string) string {
				return "HTTP/1.1 403 No\r\nX-Why: because\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno" + closeMark
			}), over.option)
			conn := h.dial(t)
			io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\nbegin")
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(string(got), "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 403 ") || body != "no" ||
				lines(head, "X-Why") == nil || !slices.Equal(lines(head, "Connection"), []string{"close"}) {
				t.Errorf("got %q, body %q", head, body)
			}
		})
	}
}

// TestNoRestOfAResponse: the client gets nothing of a response that cannot be passed
// on.
func TestNoRestOfAResponse(t *testing.T) {
	for _, over := range transports() {
		t.Run(over.name, func(t *testing.T) {
			h := startHop(t, rawBackend(t, func(string) string {
				return "HTTP/1.1 101 Switching\r\nX-Rest: 1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n" + closeMark
			}), over.option)
			resp, body := h.get(t)
			if resp.StatusCode != http.StatusBadGateway || resp.Header.Get("X-Rest") != "" || resp.Header.Get("l5d-err") == "" {
				t.Errorf("got %d %v %q", resp.StatusCode, resp.Header, body)
			}
		})
	}
}

// TestMiddlewareHeader: headers that middleware has set in the response stay there,
// beside those of the endpoint.
func TestMiddlewareHeader(t *testing.T) {
	for _, over := range transports() {
		t.Run(over.name, func(t *testing.T) {
			h := startHop(t, rawBackend(t, func(string) string {
				return "HTTP/1.1 200 OK\r\nX-Both: endpoint\r\nConnection: X-Mine\r\nX-Mine: 1\r\nContent-Length: 0\r\n\r\n"
			}), over.option)
			w := httptest.NewRecorder()
			w.Header().Set("X-Both", "middleware")
			w.Header().Set("X-Mine", "middleware")
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = "web"
			before := r.Header.Clone()
			h.server.ServeHTTP(w, r)
			if got := w.Header()["X-Both"]; !slices.Equal(got, []string{"middleware", "endpoint"}) {
				t.Errorf("X-Both: %q", got)
			}
			if got := w.Header()["X-Mine"]; !slices.Equal(got, []string{"middleware"}) {
				t.Errorf("X-Mine: %q", got)
			}
			if !maps.EqualFunc(before, r.Header, slices.Equal) {
				t.Errorf("the request's header became %v", r.Header)
			}
		})
	}
}

// transports are the two clients that a router can have.
func transports() []struct {
	name   string
	option option
} {
	with := func(transport func(resolve.Address, router.TransportConfig) http.RoundTripper) option {
		return withRouter(func(c *router.Config) { c.NewTransport = transport })
	}
	return []struct {
		name   string
		option option
	}{{"h1", with(router.H1Transport)}, {"net/http", with(router.HTTPTransport)}}
}

func TestLargeBodies(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("Content-Length", fmt.Sprint(r.ContentLength))
		io.Copy(w, r.Body)
	})), withProxy(func(c *proxy.Config) {}))
	payload := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	resp, err := client(t).Do(request(t, h, "POST", strings.NewReader(payload)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != payload {
		t.Errorf("got %d bytes (%v), want the %d that were sent", len(got), err, len(payload))
	}
}

// TestOldClients: HTTP/1.0 clients get no 1xx responses and no upgrades (RFC 9110
// sections 15.2 and 7.8).
func TestOldClients(t *testing.T) {
	var got string
	h := startHop(t, rawBackend(t, func(head string) string {
		got = head
		return "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	}))
	head, _ := h.exchange(t, "GET / HTTP/1.0\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.0 200 ") {
		t.Errorf("got %s", head)
	}
	if lines(got, "Upgrade") != nil || lines(got, "Connection") != nil {
		t.Errorf("the endpoint got %s", got)
	}
}
