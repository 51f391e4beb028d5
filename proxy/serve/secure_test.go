package serve_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/proxy/serve"
)

// startSecure serves by TLS until the test ends.
func startSecure(t *testing.T, handler http.Handler, config serve.Config) (s *serve.Server, addr string, shutdown func(context.Context) error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = newServer(handler, config)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	var once sync.Once
	shutdown = func(ctx context.Context) (err error) {
		once.Do(func() { err = errors.Join(s.Shutdown(ctx), <-served) })
		return err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = shutdown(ctx)
	})
	return s, l.Addr().String(), shutdown
}

// waitFor waits until something holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in 30 s")
		}
	}
}

// secured is the client's side of a connection.
type secured struct {
	*tls.Conn
	r *bufio.Reader
}

func dialSecure(t *testing.T, addr string, config *tls.Config) (*secured, error) {
	t.Helper()
	c, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	return &secured{c, bufio.NewReader(c)}, nil
}

// ask sends a request and reads the response.
func (c *secured) ask(t *testing.T, request string) (status int, body string) {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

const aGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// TestSecure: requests come by TLS, one after the other, and the handler sees that.
func TestSecure(t *testing.T) {
	ca := certtest.CA(t, "root")
	s, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.TLS == nil || !r.TLS.HandshakeComplete {
			t.Error("the request has no TLS")
			return
		}
		fmt.Fprintf(w, "%s %s %s %d", r.Method, r.TLS.ServerName, body, len(r.TLS.PeerCertificates))
	}), serve.Config{TLS: &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}, ClientAuth: tls.RequestClientCert}})
	c, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "a", Certificates: []tls.Certificate{ca.Issue([]string{"c"}).Pair()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if status, body := c.ask(t, aGet); status != 200 || body != "GET a  1" {
			t.Errorf("%d %s", status, body)
		}
	}
	if status, body := c.ask(t, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"); status != 200 || body != "POST a hello 1" {
		t.Errorf("%d %s", status, body)
	}
	c.Close()
	waitFor(t, func() bool { return s.Traffic().Closed == 1 })
	got := s.Traffic()
	if got.Handshakes.Done != 1 || got.Served != 3 || got.Closed != 1 {
		t.Errorf("%+v", got)
	}
	// What is on the wire counts: the certificates alone are some hundred bytes.
	if got.Received < 700 || got.Sent < 700 {
		t.Errorf("received %d, sent %d", got.Received, got.Sent)
	}
}

// TestNoTLSThere: who sends HTTP in the clear is told so, and anything else gets nothing.
func TestNoTLSThere(t *testing.T) {
	ca := certtest.CA(t, "root")
	s, addr, _ := startSecure(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }),
		serve.Config{TLS: &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}}})
	for n, row := range []struct{ sent, want string }{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"},
		{"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"},
		{"SSH-2.0-x\r\n", ""},
		{"\x00\x00\x00\x00\x00\x00", ""},
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, row.sent); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(c) // it may be reset
		c.Close()
		if row.want != "" && string(got) != row.want || row.want == "" && strings.HasPrefix(string(got), "HTTP") {
			t.Errorf("%q: %q", row.sent, got)
		}
		waitFor(t, func() bool { return s.Traffic().Handshakes.Failed(handshake.Plain) == uint64(n+1) })
	}
}

// TestClientsWithoutCertificate: vector 411. The handshake fails, and there is no response.
func TestClientsWithoutCertificate(t *testing.T) {
	ca := certtest.CA(t, "root")
	s, addr, _ := startSecure(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }),
		serve.Config{TLS: &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()}})
	c, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "a"})
	if err == nil {
		_, _ = io.WriteString(c, aGet)
		_, err = c.Read(make([]byte, 1))
	}
	if handshake.ReasonOf(err) != handshake.Alert {
		t.Errorf("%v", err)
	}
	waitFor(t, func() bool { return s.Traffic().Handshakes.Failed(handshake.Missing) == 1 })
}

// TestSilentPeers: a peer that says nothing is closed when a head would be late.
func TestSilentPeers(t *testing.T) {
	ca := certtest.CA(t, "root")
	s, addr, _ := startSecure(t, http.NotFoundHandler(),
		serve.Config{ReadHeaderTimeout: 50 * time.Millisecond, TLS: &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}}})
	for _, begins := range []string{"", "\x16\x03\x01\x02\x00"} { // and a record that does not come
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, begins); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Errorf("%q: %d, %v", begins, n, err)
		}
		c.Close()
	}
	quiet, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "a"})
	if err == nil { // else this machine is slow, and the handshake was late
		if n, err := quiet.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Errorf("after the handshake: %d, %v", n, err)
		}
	}
	waitFor(t, func() bool { return s.Stats().Connections == 0 && s.Stats().HeadTimeouts == 3 })
}

// TestReplaceTLS: another certificate counts for new connections, and those before go on.
func TestReplaceTLS(t *testing.T) {
	ca := certtest.CA(t, "root")
	with := func(name string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{name}).Pair()}}
	}
	s, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }), serve.Config{TLS: with("foo")})
	old, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "foo"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "bar"}); handshake.ReasonOf(err) != handshake.Name {
		t.Errorf("%v", err)
	}
	s.ReplaceTLS(with("bar"))
	fresh, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "bar"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*secured{old, fresh} {
		if status, body := c.ask(t, aGet); status != 200 || body != "ok" {
			t.Errorf("%d %s", status, body)
		}
	}
}

// TestSecureDrain: a drain lets the request in flight end, and closes the idle connections.
func TestSecureDrain(t *testing.T) {
	ca := certtest.CA(t, "root")
	begun, release := make(chan struct{}), make(chan struct{})
	_, addr, shutdown := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(begun)
			<-release
		}
		_, _ = io.WriteString(w, "ok")
	}), serve.Config{TLS: &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}}})
	config := &tls.Config{RootCAs: ca.Pool(), ServerName: "a"}
	idle, err := dialSecure(t, addr, config)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := idle.ask(t, aGet); status != 200 {
		t.Error(status)
	}
	busy, err := dialSecure(t, addr, config)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		_, body := busy.ask(t, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
		answered <- body
	}()
	<-begun
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		ended <- shutdown(ctx)
	}()
	if n, err := idle.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("idle: %d, %v", n, err)
	}
	close(release)
	if body := <-answered; body != "ok" {
		t.Errorf("busy: %q", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestSecureUpgrade: a handler that takes the connection over speaks by TLS.
func TestSecureUpgrade(t *testing.T) {
	ca := certtest.CA(t, "root")
	s, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(c, rw)
	}), serve.Config{TLS: &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"a"}).Pair()}}})
	c, err := dialSecure(t, addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly"); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.ReadResponse(c.r, nil); err != nil || resp.StatusCode != 101 {
		t.Fatalf("%v, %v", resp, err)
	}
	if _, err := io.WriteString(c, " late"); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(c.r); err != nil || string(text) != "early late" {
		t.Errorf("%q, %v", text, err)
	}
	waitFor(t, func() bool { return s.Stats().Connections == 0 && s.Traffic().Upgraded == 1 })
}
