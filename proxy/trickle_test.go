package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
)

// TestTrickleOfLargeBody: what arrives of a body is passed on at once, also if its
// length is known and large, whatever the client is connected by.
func TestTrickleOfLargeBody(t *testing.T) {
	const kib = 1 << 10
	for _, server := range []string{"TCP", "TLS", "HTTP/2", "h2c"} {
		for _, size := range []struct{ total, first int }{
			{60 * kib, 20*kib + 777}, {66 * kib, 20*kib + 777}, {70 * kib, 40*kib + 777}, {73 * kib, 20*kib + 777},
			{128 * kib, 100*kib + 777}, {128 * kib, 20*kib + 777}, {1024 * kib, 20*kib + 777},
		} {
			t.Run(fmt.Sprint(server, " ", size.total, " ", size.first), func(t *testing.T) {
				t.Parallel()
				var got atomic.Int64
				reached := func(n int) bool {
					for deadline := time.Now().Add(5 * time.Second); got.Load() < int64(n); time.Sleep(time.Millisecond) {
						if time.Now().After(deadline) {
							return false
						}
					}
					return true
				}
				addr := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", fmt.Sprint(size.total))
					sent := 0
					for _, n := range []int{size.first, 100, 100, 100, 100} {
						w.Write(make([]byte, n))
						http.NewResponseController(w).Flush()
						if sent += n; !reached(sent) {
							t.Errorf("of %d bytes the client has %d", sent, got.Load())
							break
						}
					}
					w.Write(make([]byte, size.total-sent))
				}))
				h := startHop(t, addr)
				client, url := &http.Client{Transport: &http.Transport{}}, "http://"+servetest.Start(t, h.server).Addr
				switch server {
				case "TLS", "HTTP/2":
					s := httptest.NewUnstartedServer(h.server)
					s.EnableHTTP2 = server == "HTTP/2"
					s.StartTLS()
					defer s.Close()
					client, url = s.Client(), s.URL
				case "h2c": // behind middleware whose writer has ReadFrom for whatever it wraps
					s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						h.server.ServeHTTP(alwaysReadsFrom{w}, r)
					}))
					only := new(http.Protocols)
					only.SetUnencryptedHTTP2(true)
					s.Config.Protocols = only
					s.Start()
					defer s.Close()
					client, url = &http.Client{Transport: &http.Transport{Protocols: only}}, s.URL
				}
				defer client.CloseIdleConnections()
				r, err := http.NewRequest("GET", url, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Host = "web"
				resp, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				for buf := make([]byte, 64*kib); ; {
					n, err := resp.Body.Read(buf)
					got.Add(int64(n))
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if n := got.Load(); n != int64(size.total) {
					t.Errorf("got %d bytes", n)
				}
			})
		}
	}
}

// alwaysReadsFrom is a writer of middleware that has ReadFrom over any protocol.
type alwaysReadsFrom struct{ http.ResponseWriter }

func (w alwaysReadsFrom) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }
func (w alwaysReadsFrom) Unwrap() http.ResponseWriter         { return w.ResponseWriter }
