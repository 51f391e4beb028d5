package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
)

// TestRefusalOfAnArrivedBody: a request that is refused with all of its small
// body here keeps its connection; the next request on it is served. Linkerd
// 1.7.4 does that, too (observed.md, part 2, 13).
func TestRefusalOfAnArrivedBody(t *testing.T) {
	const next = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"
	large := strings.Repeat("a", 60<<10)
	for _, test := range []struct {
		name, request, status string
		option                option
	}{
		{"3 bytes", "POST / HTTP/1.1\r\nHost: nobody\r\nContent-Length: 3\r\n\r\nabc", "502", nil},
		{"chunks", "POST / HTTP/1.1\r\nHost: nobody\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n3\r\nabc\r\n0\r\nX-A: 1\r\n\r\n", "502", nil},
		{"a bad dtab", "POST / HTTP/1.1\r\nHost: web\r\nl5d-dtab: x\r\nContent-Length: 3\r\n\r\nabc", "400", nil},
		{"a bad target", "POST /#f HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc", "400", nil},
		{"more than a buffer", fmt.Sprintf("POST / HTTP/1.1\r\nHost: nobody\r\nContent-Length: %d\r\n\r\n%s", len(large), large), "502", nil},
		{"no connection", "POST / HTTP/1.1\r\nHost: dead\r\nContent-Length: 3\r\n\r\nabc", "502", nil},
		{"one too many", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc", "503", withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 })},
	} {
		t.Run(test.name, func(t *testing.T) {
			release := make(chan struct{})
			arrived := make(chan struct{}, 1)
			backend := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					arrived <- struct{}{}
					<-release
				}
			}))
			var options []option
			if test.option != nil {
				options = append(options, test.option)
			}
			h := startHop(t, backend, options...)
			h.names.Bind("/dead", "127.0.0.1:1")
			occupied := make(chan struct{})
			if test.status == "503" {
				go func() {
					defer close(occupied)
					raw(t, h.addr, "GET /slow HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
				}()
				<-arrived
			} else {
				close(occupied)
			}
			conn := h.dial(t)
			io.WriteString(conn, test.request)
			in := bufio.NewReader(conn)
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			if got := fmt.Sprint(resp.StatusCode); got != test.status || resp.Close {
				t.Errorf("status %s, want %s; the last response: %v", got, test.status, resp.Close)
			}
			close(release)
			<-occupied
			io.WriteString(conn, next)
			if resp, err = http.ReadResponse(in, nil); err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("the next request: %v, %v", resp, err)
			}
		})
	}
}

// TestRefusalOfAMissingBody: no refusal waits for what has not come.
func TestRefusalOfAMissingBody(t *testing.T) {
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: nobody\r\nContent-Length: 3\r\n\r\nab",
		"POST / HTTP/1.1\r\nHost: nobody\r\nContent-Length: 3\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: nobody\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: nobody\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"POST / HTTP/1.1\r\nHost: nobody\r\nContent-Length: 100000000\r\n\r\n" + strings.Repeat("a", 1000),
	} {
		t.Run(request[:min(len(request), 100)], func(t *testing.T) {
			h := startHop(t, "")
			conn := h.dial(t)
			io.WriteString(conn, request)
			response, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(response), "HTTP/1.1 502 ") || strings.Contains(string(response), "100 Continue") {
				t.Fatalf("got %q, %v", response, err)
			}
			if head, _, _ := strings.Cut(string(response), "\r\n\r\n"); strings.Join(lines(head, "Connection"), "") != "close" {
				t.Errorf("got %s", head)
			}
		})
	}
}

// TestBodyWithoutAnEnd: a reader of the body that says at once how much there is
// and never says EOF, as middleware may put one there, has come to its end when
// it has given all of it.
func TestBodyWithoutAnEnd(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })))
	conn := (&hop{addr: startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = withoutEOF{r.Body}
		h.server.ServeHTTP(w, r)
	}))}).dial(t)
	for range 2 {
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if string(body) != "abc" || err != nil || resp.Close {
			t.Errorf("got %q, %v; the last response: %v", body, err, resp.Close)
		}
	}
}

// withoutEOF is a body that does not say that it is over.
type withoutEOF struct{ io.ReadCloser }

func (e withoutEOF) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if err == io.EOF {
		err = nil
	}
	if n == 0 && err == nil {
		time.Sleep(time.Millisecond) // rather than spin
	}
	return n, err
}

// TestContinuedOnce: an endpoint that says 100 more than once is heard once.
func TestContinuedOnce(t *testing.T) {
	bothClients(t, func(t *testing.T, client option) {
		h := startHop(t, rawBackend(t, func(string) string {
			return strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 3) + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + closeMark
		}), client)
		head, rest := h.exchange(t, "POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
		if response := head + rest; strings.Count(response, "100 Continue") != 1 || strings.Count(response, " 103 ") != 1 || strings.Count(response, " 200 ") != 1 {
			t.Errorf("got %q", response)
		}
	})
}
