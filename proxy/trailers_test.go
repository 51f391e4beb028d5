package proxy_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// bothClients runs a test with each of the clients that a router may use.
func bothClients(t *testing.T, test func(t *testing.T, client option)) {
	for name, transport := range map[string]func(resolve.Address, router.TransportConfig) http.RoundTripper{
		"h1": router.H1Transport, "net http": router.HTTPTransport,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, withRouter(func(c *router.Config) { c.NewTransport = transport }))
		})
	}
}

// chunkedBackend responds to each chunked request, one on a connection, and gives
// what stood on the wire: the Trailer lines and the trailer section.
func chunkedBackend(t *testing.T, responses ...string) (addr string, got func() (announced, trailers []string)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	messages, done := make(chan string, 8), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(30 * time.Second))
			in := bufio.NewReader(conn)
			var message strings.Builder
			for last := false; !last || !strings.HasSuffix(message.String(), "\r\n\r\n"); {
				line, err := in.ReadString('\n')
				if message.WriteString(line); err != nil {
					message.WriteString(" and then: " + err.Error())
					break
				}
				last = last || line == "0\r\n"
			}
			messages <- message.String()
			response := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
			if i < len(responses) {
				response = responses[i]
			}
			io.WriteString(conn, response)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), func() (announced, trailers []string) {
		var message string
		select {
		case message = <-messages:
		case <-time.After(30 * time.Second):
			t.Fatal("the backend got no request")
		}
		head, _, _ := strings.Cut(message, "\r\n\r\n")
		for _, line := range lines(head, "Trailer") {
			for name := range strings.SplitSeq(line, ",") {
				announced = append(announced, strings.ToLower(strings.TrimSpace(name)))
			}
		}
		_, section, found := strings.Cut(message, "\r\n0\r\n")
		if !found {
			t.Errorf("no end of the body: %q", message)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(section, "\r\n\r\n"), "\r\n") {
			if line = strings.TrimSuffix(line, "\r\n"); line != "" {
				name, value, _ := strings.Cut(line, ":")
				trailers = append(trailers, strings.ToLower(name)+":"+value)
			}
		}
		slices.Sort(announced)
		slices.Sort(trailers)
		return announced, trailers
	}
}

// withTrailers is a request with these trailers, of which the ones that begin
// with "!" are not announced.
func withTrailers(head string, trailers ...string) string {
	var names, section []string
	for _, trailer := range trailers {
		silent := strings.HasPrefix(trailer, "!")
		trailer = strings.TrimPrefix(trailer, "!")
		name, _, _ := strings.Cut(trailer, ":")
		if !silent {
			names = append(names, name)
		}
		section = append(section, trailer+"\r\n")
	}
	announcement := ""
	if names != nil {
		announcement = "Trailer: " + strings.Join(names, ", ") + "\r\n"
	}
	return "POST /t HTTP/1.1\r\nHost: web\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" + announcement + head + "\r\n2\r\nhi\r\n0\r\n" + strings.Join(section, "") + "\r\n"
}

// TestRequestTrailers: what stands behind the body goes through the sieve that
// the header goes through, and what may not stand there at all stays here: a
// endpoint that merges trailers into the header would believe it.
func TestRequestTrailers(t *testing.T) {
	always := []string{
		// Framing and the connection.
		"Connection: close", "Keep-Alive: 1", "Proxy-Connection: close", "Upgrade: h2c", "HTTP2-Settings: AA", "TE: trailers",
		// Routing.
		"Host: evil", "Via: 1.1 a", "Forwarded: for=a", "X-Forwarded-For: a", "X-Forwarded-Host: a", "X-Forwarded-Client-Cert: Hash=1", "Max-Forwards: 0", "X-Real-IP: a",
		// Authentication.
		"Authorization: Basic a", "Proxy-Authorization: Basic a", "Proxy-Authenticate: Basic", "WWW-Authenticate: Basic", "Cookie: a=b", "Set-Cookie: a=b",
		// What changes the meaning of the request.
		"Cache-Control: no-cache", "Expect: 100-continue", "If-Match: a", "If-None-Match: a", "If-Modified-Since: a", "If-Unmodified-Since: a", "If-Range: a", "Range: bytes=0-1", "Pragma: no-cache", "Content-Type: text/html", "Content-Encoding: gzip", "Content-Range: bytes 0-1/2",
		"Finagle-Http-Retryable-Request: 1",
		// What a hop writes anew.
		"l5d-dtab: /svc=>/evil", "l5d-ctx-dtab: /svc=>/evil", "l5d-ctx-trace: AAA", "L5D-REQID: 1", "l5d-sample: 1", "l5d-ctx-deadline: 1 2", "l5d-dst-service: /a", "l5d-dst-client: /b", "l5d-dst-residual: /c",
		"l5d_dtab: /svc=>/evil", "L5d.ctx_trace: AAA", "x_forwarded_client_cert: a", "proxy_authorization: a",
		"traceparent: 00-463ac35c9f6413ad48485a3953bb6124-0000000000000001-01", "tracestate: a=b", "b3: 0", "x-b3-traceid: 1", "x_b3_sampled: 1",
		// What Connection named.
		"X-Named: 1",
	}
	good := []string{"X-Sum: 1", "Content-MD5: 2", "Grpc-Status: 3", "Server-Timing: 4", "X-Many: 5"}
	mesh := []string{"l5d-thing: 6", "l5d-ctx-thing: 7", "baggage: a=b"}
	lower := func(trailers []string) (names, lines []string) {
		for _, trailer := range trailers {
			name, value, _ := strings.Cut(strings.TrimPrefix(trailer, "!"), ":")
			lines = append(lines, strings.ToLower(name)+":"+value)
			if !strings.HasPrefix(trailer, "!") {
				names = append(names, strings.ToLower(name))
			}
		}
		slices.Sort(names)
		slices.Sort(lines)
		return names, lines
	}
	silently := func(trailers []string) (silent []string) {
		for _, trailer := range trailers {
			silent = append(silent, "!"+trailer)
		}
		return silent
	}
	for _, test := range []struct {
		name  string
		clear bool
		send  []string
		want  []string
	}{
		{"attacks.md 8", true, []string{"l5d-dtab: /svc=>/evil", "l5d-ctx-trace: AAA", "X-A: 1", "Host: evil", "Authorization: x", "Connection: close", "!l5d-undeclared: 1"}, []string{"X-A: 1"}},
		{"announced", false, slices.Concat(always, good, mesh), slices.Concat(good, mesh)},
		{"announced, of strangers", true, slices.Concat(always, good, mesh), good},
		{"unannounced", false, slices.Concat([]string{"X-A: 1"}, silently(always), silently(good), silently(mesh)), slices.Concat([]string{"X-A: 1"}, silently(good), silently(mesh))},
		{"unannounced, of strangers", true, slices.Concat([]string{"X-A: 1"}, silently(always), silently(good), silently(mesh)), slices.Concat([]string{"X-A: 1"}, silently(good))},
		{"nothing is left", true, always, nil},
		{"nothing announced is left", true, []string{"Host: evil", "!X-A: 1"}, nil},
		{"none is announced", true, []string{"!X-A: 1", "!Host: evil"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				addr, got := chunkedBackend(t)
				h := startHop(t, addr, client, withProxy(func(c *proxy.Config) { c.ClearContext = test.clear }))
				// Connection names X-Named beside close.
				request := strings.Replace(withTrailers("", test.send...), "Connection: close", "Connection: close, x-named", 1)
				if head, body := h.exchange(t, request); !strings.HasPrefix(head, "HTTP/1.1 200 ") {
					t.Fatalf("got %s\n\n%s", head, body)
				}
				wantNames, wantLines := lower(test.want)
				announced, trailers := got()
				if diff := cmp.Diff(wantNames, announced); diff != "" {
					t.Errorf("announced (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(wantLines, trailers); diff != "" {
					t.Errorf("trailers (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestTrailersOfARetriedRequest: each attempt sends the trailers, and none sees
// those of another that still reads the body.
func TestTrailersOfARetriedRequest(t *testing.T) {
	bothClients(t, func(t *testing.T, client option) {
		unavailable := "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		addr, got := chunkedBackend(t, unavailable, unavailable)
		h := startHop(t, addr, client, withRouter(func(c *router.Config) {
			c.Services = func(resolve.Path) router.ServicePolicy {
				return router.ServicePolicy{Classifier: router.RetryableAll5XX()}
			}
		}))
		head, body := h.exchange(t, withTrailers("", "X-Sum: 1", "Host: evil", "!X-More: 2"))
		if !strings.HasPrefix(head, "HTTP/1.1 200 ") {
			t.Fatalf("got %s\n\n%s", head, body)
		}
		for attempt := range 3 {
			announced, trailers := got()
			if !slices.Equal(announced, []string{"x-sum"}) || !slices.Equal(trailers, []string{"x-more: 2", "x-sum: 1"}) {
				t.Errorf("attempt %d: announced %q, sent %q", attempt, announced, trailers)
			}
		}
	})
}

// TestResponseTrailers: those of responses go through a sieve as well.
func TestResponseTrailers(t *testing.T) {
	for _, test := range []struct {
		name  string
		clear bool
		want  map[string][]string
	}{
		{"", false, map[string][]string{"X-Sum": {"1"}, "Grpc-Status": {"0"}, "L5d-Thing": {"2"}, "Authentication-Info": {"a"}}},
		{"to strangers", true, map[string][]string{"X-Sum": {"1"}, "Grpc-Status": {"0"}, "Authentication-Info": {"a"}}},
	} {
		for _, announcement := range []string{"X-Sum, Grpc-Status, L5d-Thing, L5d_Other, Authentication-Info, Set-Cookie, Connection, Keep-Alive, Proxy-Authenticate, Content-Type, Location, X-Named", ""} {
			t.Run(test.name+" "+announcement, func(t *testing.T) {
				bothClients(t, func(t *testing.T, client option) {
					head := "HTTP/1.1 200 OK\r\nConnection: x-named\r\nTransfer-Encoding: chunked\r\n"
					if announcement != "" {
						head += "Trailer: " + announcement + "\r\n"
					}
					h := startHop(t, rawBackend(t, func(string) string {
						return head + "\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nGrpc-Status: 0\r\nL5d-Thing: 2\r\nAuthentication-Info: a\r\nSet-Cookie: a=b\r\nConnection: close\r\nKeep-Alive: 5\r\nProxy-Authenticate: Basic\r\nContent-Type: text/html\r\nLocation: /evil\r\nX-Named: 1\r\n\r\n" + closeMark
					}), client, withProxy(func(c *proxy.Config) { c.ClearContext = test.clear }))
					resp, body := h.get(t)
					if body != "hi" {
						t.Errorf("body %q", body)
					}
					if diff := cmp.Diff(test.want, canonical(resp.Trailer)); diff != "" {
						t.Errorf("trailers (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// canonical is a header with keys in canonical form, without those that have no
// value.
func canonical(h http.Header) map[string][]string {
	all := map[string][]string{}
	for name, values := range maps.All(h) {
		if len(values) > 0 {
			all[http.CanonicalHeaderKey(name)] = values
		}
	}
	return all
}
