package h2_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestClient is what net/http's client sees of the handler of the rows.
func TestClient(t *testing.T) {
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(various)})
	c := client(t)
	interim := 0
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		if code == 103 && h.Get("Link") == "</a>" {
			interim++
		}
		return nil
	}}
	for _, test := range []struct{ method, path, body, want, trailer string }{
		{get, "/hello", "", "hello", "map[]"},
		{"HEAD", "/hello", "", "", "map[]"},
		{post, "/read", "body", `"body" <nil> map[]`, "map[]"},
		{post, "/echo", "body", "body", "map[]"},
		{get, "/early", "", "late", "map[]"},
		{get, "/trailers", "", "body", "map[X-A:[1] X-B:[2]]"},
		{get, "/show/a%20b?q", "", "GET " + addr + " /show/a%20b?q /show/a%20b?q [] 0", "map[]"},
		{get, "/large/3", "", "\x00\x00\x00", "map[]"},
	} {
		t.Run(test.path, func(t *testing.T) {
			req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), test.method, "http://"+addr+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if got := fmt.Sprint(res.Trailer); string(body) != test.want || err != nil || got != test.trailer || res.Header.Get("Date") == "" || res.ProtoMajor != 2 {
				t.Errorf("%q %v, trailers %s", body, err, got)
			}
		})
	}
	if interim != 1 {
		t.Errorf("%d early hints", interim)
	}
	if got := s.Stats(); got.Accepted != 1 || got.Requests != 8 {
		t.Errorf("%+v", got)
	}
}

// TestLarge: bodies of many sizes come and go whole, many at a time.
func TestLarge(t *testing.T) {
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })})
	c := client(t)
	random := rand.NewChaCha8([32]byte{})
	var calls sync.WaitGroup
	for i := range 60 {
		sent := make([]byte, []int{0, 1, 4096, 4097, 20000, 65535, 65536, 1 << 20, 3_000_000}[i%9])
		_, _ = random.Read(sent)
		calls.Go(func() {
			var from io.Reader = bytes.NewReader(sent)
			if i%2 == 0 {
				from = io.MultiReader(from) // its length is not known
			}
			res, err := c.Post("http://"+addr, "", from)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			got, err := io.ReadAll(res.Body)
			if sha256.Sum256(got) != sha256.Sum256(sent) || err != nil {
				t.Errorf("%d bytes of %d came back: %v", len(got), len(sent), err)
			}
		})
	}
	calls.Wait()
}

// TestDuplex: a handler reads and writes in turn, and a client that leaves ends both.
func TestDuplex(t *testing.T) {
	left := make(chan error, 1)
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		p := make([]byte, 100)
		for {
			n, err := r.Body.Read(p)
			if err != nil {
				left <- err
				return
			}
			_, _ = w.Write(bytes.ToUpper(p[:n]))
			_ = http.NewResponseController(w).Flush()
		}
	})})
	body, write := io.Pipe()
	defer write.Close()
	req, _ := http.NewRequestWithContext(t.Context(), post, "http://"+addr, body)
	res, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	p := make([]byte, 5)
	for _, text := range []string{"hello", "again"} {
		_, _ = io.WriteString(write, text)
		if _, err := io.ReadFull(res.Body, p); err != nil || string(p) != strings.ToUpper(text) {
			t.Fatalf("%q %v", p, err)
		}
	}
	write.CloseWithError(io.ErrClosedPipe) // the client resets the stream then
	if err := <-left; err == nil || err == io.EOF {
		t.Error(err)
	}
}

// TestExtendedConnect: with RFC 8441 a handler gets a stream of bytes in both directions.
func TestExtendedConnect(t *testing.T) {
	addr, _ := start(t, h2.Config{ExtendedConnect: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %v ", r.Method, r.URL, r.Header[":protocol"])
		_ = http.NewResponseController(w).Flush()
		_, _ = io.Copy(w, r.Body)
	})})
	p := newPeer(t, addr).begin()
	p.send(p.request(1, "CONNECT", "/chat", false, ":protocol websocket"))
	p.until(1, "DATA CONNECT /chat [websocket] ")
	p.send([]byte("\x00\x00\x02\x00\x01\x00\x00\x00\x01hi"))
	p.until(1, "DATA CONNECT /chat [websocket] hi END")
}

// TestCurl: curl speaks with the server, if there is one.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl")
	}
	addr, _ := start(t, h2.Config{Handler: http.HandlerFunc(various)})
	run := func(args ...string) string {
		out, err := exec.Command(curl, append([]string{"-sS", "-m", "20", "--http2-prior-knowledge"}, args...)...).CombinedOutput()
		if err != nil {
			if strings.Contains(string(out), "does not support") || strings.Contains(string(out), "is unknown") {
				t.Skip(string(out))
			}
			t.Errorf("%v: %v %s", args, err, out)
		}
		return string(out)
	}
	if got := run("-w", "%{http_version} %{response_code}", "http://"+addr+"/hello"); got != "hello2 200" {
		t.Errorf("%q", got)
	}
	if got := run("-d", "x=y", "http://"+addr+"/read", "--next", "-d", "z", "http://"+addr+"/echo"); got != `"x=y" <nil> map[]z` {
		t.Errorf("%q", got)
	}
	if got := run("-o", "/dev/null", "-w", "%{size_download}", "http://"+addr+"/large/10000000"); got != "10000000" {
		t.Errorf("%q", got)
	}
}
