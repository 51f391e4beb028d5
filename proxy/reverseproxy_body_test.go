package proxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// bodyConduct is how the body of a request is sent on, and whose it is.
func bodyConduct() []conduct {
	return []conduct{
		{
			name: "a megabyte both ways",
			watch: func(t *testing.T, start starter) []string {
				payload := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					w.Write(body)
				}))
				resp, err := client(t).Do(to(t, start(t, backend), "POST", bytes.NewReader(payload)))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				got, err := io.ReadAll(resp.Body)
				return []string{fmt.Sprint(resp.StatusCode, " the same: ", bytes.Equal(got, payload), " ", err)}
			},
			want: []string{"200 the same: true <nil>"},
		},
		{
			name: "a request whose body is nil",
			watch: func(t *testing.T, start starter) []string {
				backend, got := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					r.Body = nil
					next.ServeHTTP(w, r)
				}))
				_, body := raw(t, addr, get(""))
				return append(pick("> ", got(), "Content-Length", "Transfer-Encoding"), body)
			},
			want: []string{"hi"},
		},
		{
			name: "the body is the server's to close",
			watch: func(t *testing.T, start starter) []string {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
				body := new(watched)
				addr := start(t, backend, body.around())
				resp, got := do(t, to(t, addr, "POST", strings.NewReader("payload")))
				return []string{fmt.Sprint(resp.StatusCode, " ", got, ", closed: ", body.closed.Load(), ", read when over: ", body.late.Load())}
			},
			want: []string{"200 payload, closed: 0, read when over: false"},
		},
		{
			name: "a response that does not wait for the body",
			watch: func(t *testing.T, start starter) []string {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.WriteHeader(http.StatusForbidden)
					io.WriteString(w, "no")
				}))
				body := new(watched)
				conn, in := dial(t, start(t, backend, body.around()))
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\npart")
				saw := []string{responseOf(t, in, "POST")}
				conn.Close()
				return append(saw, fmt.Sprint("read when over: ", body.late.Load()))
			},
			want:  []string{`403 "no"`, "read when over: false"},
			alone: true,
			why:   "a client that waits for the response gets it; httputil.ReverseProxy reads on until there is no more to read",
		},
		{
			name: "a body that breaks off",
			watch: func(t *testing.T, start starter) []string {
				backend, outcome := bodyBackend(t)
				conn, _ := dial(t, start(t, backend))
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\npart")
				conn.Close()
				return []string{<-outcome}
			},
			want: []string{"broken"},
		},
		{
			name: "chunks that break off",
			watch: func(t *testing.T, start starter) []string {
				backend, outcome := bodyBackend(t)
				conn, _ := dial(t, start(t, backend))
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
				conn.Close()
				return []string{<-outcome}
			},
			want: []string{"broken"},
		},
		{
			name: "chunks that are none",
			watch: func(t *testing.T, start starter) []string {
				backend, outcome := bodyBackend(t)
				conn, in := dial(t, start(t, backend))
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nnot a length\r\n")
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				return []string{<-outcome, resp.Status}
			},
			want:  []string{"broken", "400 Bad Request"},
			stock: []string{"broken", "502 Bad Gateway"},
			why:   "it is the client's fault",
		},
		{
			name:  "Expect, and the backend wants the body",
			watch: expecting(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }),
			want:  []string{"backend got Expect: 100-continue", "100 Continue", `200 "payload"`},
			alone: true,
			why:   "httputil.ReverseProxy writes 100 a second time where the endpoint's is passed on just as its own server asks for the body",
		},
		{
			name: "Expect, and the backend does not want the body",
			watch: expecting(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}),
			want: []string{"backend got Expect: 100-continue", `413 ""`},
		},
		{
			name: "Expect, and nobody is there",
			watch: func(t *testing.T, start starter) []string {
				conn, in := dial(t, start(t, closedAddr(t)))
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n")
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				return []string{resp.Status}
			},
			want: []string{"502 Bad Gateway"},
		},
	}
}

// bodyBackend is a backend that says whether the body it got was whole.
func bodyBackend(t testing.TB) (addr string, outcome <-chan string) {
	outcomes := make(chan string, 1)
	return startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err != nil {
			outcomes <- "broken"
		} else {
			outcomes <- fmt.Sprintf("whole: %q", body)
		}
	})), outcomes
}

// expecting is a conversation with a client that waits to be asked for its
// body.
func expecting(backend http.HandlerFunc) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		expects := make(chan string, 1)
		conn, in := dial(t, start(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			expects <- r.Header.Get("Expect")
			backend(w, r)
		}))))
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n")
		saw := []string{"backend got Expect: " + <-expects}
		if next, _ := in.Peek(len("HTTP/1.1 100")); string(next) == "HTTP/1.1 100" {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			saw = append(saw, resp.Status)
			io.WriteString(conn, "payload")
		}
		return append(saw, responseOf(t, in, "POST"))
	}
}

// watched is the body of a request as middleware hands it on; it knows what
// the proxy does to it.
type watched struct {
	io.ReadCloser
	over   atomic.Bool
	late   atomic.Bool // read after the proxy had returned
	closed atomic.Int64
}

func (b *watched) around() around {
	return wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		b.ReadCloser, r.Body = r.Body, b
		next.ServeHTTP(w, r)
		b.over.Store(true)
	})
}

func (b *watched) Read(p []byte) (int, error) {
	if b.over.Load() {
		b.late.Store(true)
		return 0, errors.New("read after the request was over")
	}
	return b.ReadCloser.Read(p)
}

func (b *watched) Close() error {
	b.closed.Add(1)
	return b.ReadCloser.Close()
}
