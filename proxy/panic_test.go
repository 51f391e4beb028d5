package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// panicking is a writer that panics with itself.
type panicking struct {
	http.ResponseWriter
	at int // this status; 0: the body
}

func (p *panicking) WriteHeader(code int) {
	if code == p.at {
		panic(p)
	}
	p.ResponseWriter.WriteHeader(code)
}

func (p *panicking) Write(b []byte) (int, error) {
	if p.at == 0 {
		panic(p)
	}
	return p.ResponseWriter.Write(b)
}

// TestPanickingWriter: a panic of the writer becomes the handler's, whichever goroutine
// called the writer, and nothing is left of the request.
func TestPanickingWriter(t *testing.T) {
	for client, transport := range map[string]func(resolve.Address, router.TransportConfig) http.RoundTripper{
		"own client": router.H1Transport, "net/http's client": router.HTTPTransport,
	} {
		for name, at := range map[string]int{"at 100": 100, "at 103": 103, "at the head": 200, "at the body": 0} {
			t.Run(client+" "+name, func(t *testing.T) {
				h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var b [1]byte
					r.Body.Read(b[:]) // net/http says 100 before that
					w.WriteHeader(http.StatusEarlyHints)
					w.Write([]byte("hello"))
				})), withRouter(func(c *router.Config) { c.NewTransport = transport }))
				r := httptest.NewRequest("POST", "http://web/", strings.NewReader("hello"))
				r.Header.Set("Expect", "100-continue")
				w := &panicking{httptest.NewRecorder(), at}
				func() {
					defer func() {
						if p := recover(); p != w {
							t.Errorf("panic: %v", p)
						}
					}()
					h.server.ServeHTTP(w, r)
				}()
				if router, server := h.router.Stats(), h.server.Stats(); router.Pending != 0 || server.Pending != 0 {
					t.Errorf("pending: %d in the router, %d in the handler", router.Pending, server.Pending)
				}
				h.wait(t, 2)
			})
		}
	}
}
