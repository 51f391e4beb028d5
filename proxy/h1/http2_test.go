package h1_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
)

// http2Server speaks HTTP/2 on the connections that it is given. It is that of net/http.
type http2Server struct {
	http.Server
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHTTP2Server(t *testing.T, h http.Handler) *http2Server {
	t.Helper()
	s := &http2Server{conns: make(chan net.Conn), done: make(chan struct{})}
	s.Handler, s.Protocols = h, new(http.Protocols)
	s.Protocols.SetUnencryptedHTTP2(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(s)
	}()
	t.Cleanup(func() {
		s.Server.Close()
		<-ended
	})
	return s
}

func (s *http2Server) take(c net.Conn) {
	select {
	case s.conns <- c:
	case <-s.done:
		c.Close()
	}
}

func (s *http2Server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *http2Server) Close() error   { s.once.Do(func() { close(s.done) }); return nil }
func (s *http2Server) Addr() net.Addr { return &net.TCPAddr{} }

// TestHTTP2IsHandedOver: a connection that begins with the preface of HTTP/2, or whose TLS has
// negotiated it, goes to who speaks that. All others speak HTTP/1.1.
func TestHTTP2IsHandedOver(t *testing.T) {
	says := func(what string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			io.WriteString(w, what+" "+r.Proto+" "+string(body))
		})
	}
	other := newHTTP2Server(t, says("other"))
	certificate := newCertificate(t)
	for _, row := range []struct {
		name      string
		tls       bool
		http2     bool
		want      string
		connState http.ConnState // the last one
	}{
		{"HTTP/2 in the clear", false, true, "other HTTP/2.0 hello", http.StateNew},
		{"HTTP/2 by ALPN", true, true, "other HTTP/2.0 hello", http.StateNew},
		{"HTTP/1.1 in the clear", false, false, "own HTTP/1.1 hello", http.StateIdle},
		{"HTTP/1.1 by ALPN", true, false, "own HTTP/1.1 hello", http.StateIdle},
	} {
		t.Run(row.name, func(t *testing.T) {
			var mu sync.Mutex
			var states []http.ConnState
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addr, scheme := l.Addr().String(), "http"
			if row.tls {
				scheme = "https"
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}})
			}
			s := h1.New(h1.Config{Handler: says("own"), HTTP2: other.take, ConnState: func(_ net.Conn, state http.ConnState) {
				mu.Lock()
				defer mu.Unlock()
				states = append(states, state)
			}})
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = s.Serve(l)
			}()
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Protocols: new(http.Protocols)}
			transport.Protocols.SetHTTP1(!row.http2)
			transport.Protocols.SetHTTP2(row.http2 && row.tls)
			transport.Protocols.SetUnencryptedHTTP2(row.http2 && !row.tls)
			for range 3 {
				resp, err := (&http.Client{Transport: transport}).Post(scheme+"://"+addr+"/", "text/plain", strings.NewReader("hello"))
				if err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(resp.Body); string(body) != row.want || err != nil {
					t.Errorf("%q, %v, want %q", body, err, row.want)
				}
				resp.Body.Close()
			}
			transport.CloseIdleConnections()
			s.Close()
			<-ended
			mu.Lock()
			defer mu.Unlock()
			if len(states) < 1 || row.http2 && states[len(states)-1] != row.connState {
				t.Errorf("states %v", states)
			}
		})
	}
}

// TestPrefaceOfHTTP2: it counts at the beginning of a connection and where somebody takes it.
func TestPrefaceOfHTTP2(t *testing.T) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	taken := make(chan string, 1)
	take := func(c net.Conn) {
		defer c.Close()
		text := make([]byte, len(preface))
		_, err := io.ReadFull(c, text)
		if err != nil {
			t.Error(err)
		}
		taken <- string(text)
	}
	for _, row := range []struct {
		name  string
		http2 func(net.Conn)
		sent  string
		want  int // the status of the last response; 0: it is handed over
	}{
		{"at the beginning", take, preface, 0},
		{"nobody takes it", nil, preface, 505},
		{"after a request", take, "GET / HTTP/1.1\r\nHost: web\r\n\r\n" + preface, 505},
		{"something like it", take, "PRI / HTTP/2.0\r\n\r\n", 505},
	} {
		t.Run(row.name, func(t *testing.T) {
			addr := startConfig(t, h1.Config{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), HTTP2: row.http2})
			c := dial(t, addr)
			for _, piece := range []string{row.sent[:7], row.sent[7:]} {
				c.send(piece)
			}
			if row.want == 0 {
				if got := <-taken; got != preface {
					t.Errorf("it got %q", got)
				}
				c.wantEnd()
				return
			}
			status := 0
			for status == 0 || status == 200 {
				resp, err := http.ReadResponse(c.in, nil)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				status = resp.StatusCode
			}
			if status != row.want {
				t.Errorf("status %d, want %d", status, row.want)
			}
		})
	}
}

// startConfig starts a server until the test ends.
func startConfig(t *testing.T, config h1.Config) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := h1.New(config)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return l.Addr().String()
}

// newCertificate is one that nobody has signed.
func newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
