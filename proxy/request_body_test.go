package proxy_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestMalformedBody: what breaks the framing of a request is the client's
// fault, and is refused as the codec does it.
func TestMalformedBody(t *testing.T) {
	for _, body := range []string{"zz\r\n", "5\r\nhello\r\nzz\r\n", "5\r\nhelloXX0\r\n\r\n", "ffffffffffffffffff\r\n"} {
		t.Run(body, func(t *testing.T) {
			h := startHop(t, startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })))
			head, response := h.exchange(t, "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n"+body)
			if !strings.HasPrefix(head, "HTTP/1.1 400 ") || response != "" || lines(head, ctxhdr.ErrName) != nil || strings.Join(lines(head, "Connection"), "") != "close" {
				t.Errorf("got %s\n\n%s", head, response)
			}
			waitFor(t, "the request to end", func() bool { return h.server.Stats().Requests == 1 })
			if got := h.server.Stats(); got.Failures != 0 {
				t.Errorf("stats %+v", got)
			}
		})
	}
}

// TestRefusedBeforeTheBody: a refusal does not wait for a body that nobody
// wants, nor does the connection afterwards.
func TestRefusedBeforeTheBody(t *testing.T) {
	for _, test := range []struct{ name, head, status string }{
		{"dtab", "POST / HTTP/1.1\r\nHost: web\r\nl5d-dtab: x\r\n", "400"},
		{"line", "POST /" + strings.Repeat("a", 5000) + " HTTP/1.1\r\nHost: web\r\n", "414"},
		{"headers", "POST / HTTP/1.1\r\nHost: web\r\nA: " + strings.Repeat("a", 9000) + "\r\n", "431"},
		{"no name", "POST / HTTP/1.1\r\nHost: nobody\r\n", "502"},
		{"no name, waiting", "POST / HTTP/1.1\r\nHost: nobody\r\nExpect: 100-continue\r\n", "502"},
		{"CONNECT", "CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n", "501"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, "")
			// The body never comes; exchange reads until the connection ends.
			head, _ := h.exchange(t, test.head+"Content-Length: 10\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 "+test.status+" ") || strings.Join(lines(head, "Connection"), "") != "close" {
				t.Errorf("got %s", head)
			}
		})
	}
}

// TestContinueAmongHints: the 100 that starts the body, when nobody said that
// it may come, does not run into the 1xx responses.
func TestContinueAmongHints(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 200 {
			w.WriteHeader(http.StatusEarlyHints)
			time.Sleep(100 * time.Microsecond)
		}
		io.Copy(w, r.Body)
	})), withRouter(func(c *router.Config) { c.NewTransport = impatient }))
	conn := h.dial(t)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	in := bufio.NewReader(conn)
	for continued := false; ; {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == 100 {
			if continued {
				t.Error("continued twice")
			}
			continued = true
			io.WriteString(conn, "hello")
		}
		if resp.StatusCode == 200 {
			if body, err := io.ReadAll(io.LimitReader(resp.Body, 5)); string(body) != "hello" || err != nil {
				t.Errorf("%q %v", body, err)
			}
			return
		}
	}
}

// impatient is a transport that does not wait long for 100 Continue.
func impatient(address resolve.Address, _ router.TransportConfig) http.RoundTripper {
	return &http.Transport{
		ExpectContinueTimeout: time.Millisecond,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address.AddrPort.String())
		},
	}
}

// TestEarlyResponseOverHTTP2: there the end of a stream is not the end of the
// connection.
func TestEarlyResponseOverHTTP2(t *testing.T) {
	h := startHop(t, "")
	s := httptest.NewUnstartedServer(h.server)
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	for i := range 3 {
		from, to := io.Pipe()
		r, err := http.NewRequest("POST", s.URL, from)
		if err != nil {
			t.Fatal(err)
		}
		reused := false
		r = r.WithContext(httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
			GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
		}))
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.ProtoMajor != 2 || resp.StatusCode != 502 {
			t.Errorf("got %s %d", resp.Proto, resp.StatusCode)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		to.Close()
		if reused != (i > 0) {
			t.Errorf("request %d: reused is %v", i, reused)
		}
	}
}
