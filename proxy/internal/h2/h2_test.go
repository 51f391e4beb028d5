package h2_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy/internal/h2"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves connections on a loopback socket until the test ends.
func start(t testing.TB, config h2.Config) (addr string, s *h2.Server) {
	t.Helper()
	s = h2.New(config)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() { s.ServeConn(nc, nil) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.Close()
		served.Wait()
	})
	return l.Addr().String(), s
}

// client returns a client of net/http that speaks HTTP/2 without TLS.
func client(t testing.TB) *http.Client {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestHello(t *testing.T) {
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		body, _ := io.ReadAll(r.Body)
		w.Write([]byte("hello " + string(body)))
	})})
	res, err := client(t).Post("http://"+addr+"/a/b", "text/plain", strings.NewReader("world"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if string(body) != "hello world" || err != nil || res.Header.Get("X-Path") != "/a/b" || res.ContentLength != 11 {
		t.Errorf("%q %v %v %d", body, err, res.Header, res.ContentLength)
	}
}
