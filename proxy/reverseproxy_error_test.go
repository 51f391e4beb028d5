package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const short = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"

// errorConduct is what a client is told when there is no response, or half of
// one.
func errorConduct() []conduct {
	return []conduct{
		failing("nobody is there", "Unable to establish connection to 127.0.0.1:", func(t *testing.T) string { return closedAddr(t) }),
		failing("the connection is closed", " at remote address: 127.0.0.1:", func(t *testing.T) string { return breakingBackend(t, "") }),
		failing("half a head", " at remote address: 127.0.0.1:", func(t *testing.T) string { return breakingBackend(t, "HTTP/1.1 200 OK\r\nX-Fo") }),
		failing("another protocol", " at remote address: 127.0.0.1:", func(t *testing.T) string { return breakingBackend(t, "SSH-2.0-OpenSSH_9\r\n\r\n") }),
		{
			name:  "half a body",
			watch: breaking(short + closeMark),
			want:  []string{"200", "broken", "panic: net/http: abort Handler", "is logged"},
		},
		{
			name:  "half a chunked body",
			watch: breaking("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n" + closeMark),
			want:  []string{"200", "broken", "panic: net/http: abort Handler", "is logged"},
		},
		{
			name:  "chunks that are none, in a response",
			watch: breaking("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nnot a length\r\n"),
			want:  []string{"200", "broken", "panic: net/http: abort Handler", "is logged"},
		},
		{
			name: "half a body while the request's is coming",
			watch: func(t *testing.T, start starter) []string {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == "GET" {
						io.WriteString(w, "well")
						return
					}
					w.Header().Set("Content-Length", "100")
					io.WriteString(w, "short")
				}))
				addr := start(t, backend)
				callers := client(t)
				var group sync.WaitGroup
				for range 2 {
					group.Go(func() {
						for range 5 {
							r := to(t, addr, "POST", io.LimitReader(endless('x'), 6<<20))
							r.ContentLength = 6 << 20
							if resp, err := callers.Do(r); err == nil {
								if got, err := io.ReadAll(resp.Body); err == nil && resp.StatusCode == 200 {
									t.Errorf("the client took %q for the whole response", got)
								}
								resp.Body.Close()
							}
						}
					})
				}
				group.Wait()
				_, got := do(t, to(t, addr, "GET", nil))
				return []string{got}
			},
			want: []string{"well"},
		},
		{
			name: "what came is closed",
			watch: func(t *testing.T, start starter) []string {
				return []string{
					closing(t, start, get(""), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
					closing(t, start, strings.Replace(get(""), "GET", "HEAD", 1), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
					closing(t, start, get(""), short+closeMark),
				}
			},
			want: []string{"closed: true", "closed: true", "closed: true"},
		},
		{
			name: "what came is closed, though the connection switched in vain",
			watch: func(t *testing.T, start starter) []string {
				return []string{closing(t, start, upgrade, strings.Replace(switched, "WebSocket", "other", 1)+closeMark)}
			},
			want:  []string{"closed: true"},
			stock: []string{"closed: false"},
			why:   "the connection would stay open until its backend thinks better of it",
		},
		{
			name: "middleware that gives up",
			watch: func(t *testing.T, start starter) []string {
				arrived := make(chan struct{})
				backend := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					close(arrived)
					<-r.Context().Done()
				}))
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					ctx, cancel := context.WithCancelCause(r.Context())
					go func() { <-arrived; cancel(errors.New("had enough")) }()
					next.ServeHTTP(w, r.WithContext(ctx))
				}))
				resp, got := do(t, to(t, addr, "GET", nil))
				return []string{resp.Status, got}
			},
			want:  []string{"503 Service Unavailable", "had enough"},
			stock: []string{"502 Bad Gateway", ""},
			why:   "it was not the backend's failure, and the reason is at hand",
		},
	}
}

// failing is a row about an error before the response, of which a hop says the
// reason.
func failing(name, reason string, backend func(*testing.T) string) conduct {
	return conduct{
		name: "error: " + name,
		watch: func(t *testing.T, start starter) []string {
			resp, body := do(t, to(t, start(t, backend(t)), "POST", strings.NewReader("hi")))
			return []string{resp.Status, fmt.Sprintf("type %q, says why: %v, l5d-err: %v",
				resp.Header.Get("Content-Type"), strings.Contains(body, reason), resp.Header.Get("l5d-err") != "")}
		},
		want:  []string{"502 Bad Gateway", `type "text/plain", says why: true, l5d-err: true`},
		stock: []string{"502 Bad Gateway", `type "", says why: false, l5d-err: false`},
		why:   "Linkerd says why, in the body and in l5d-err",
	}
}

// breaking watches a response that breaks off after its head.
func breaking(response string) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		var logged safeBuffer
		panics := make(chan any, 1)
		addr := start(t, rawBackend(t, func(string) string { return response }), logging(&logged), flushing, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			defer func() {
				p := recover()
				panics <- p
				if p != nil {
					panic(p)
				}
			}()
			next.ServeHTTP(w, r)
		}))
		resp, err := client(t).Do(to(t, addr, "GET", nil))
		if err != nil {
			return []string{err.Error()}
		}
		defer resp.Body.Close()
		saw := []string{fmt.Sprint(resp.StatusCode)}
		if got, err := io.ReadAll(resp.Body); err != nil {
			saw = append(saw, "broken")
		} else {
			saw = append(saw, fmt.Sprintf("%q", got))
		}
		saw = append(saw, fmt.Sprint("panic: ", <-panics))
		if logged.String() != "" {
			saw = append(saw, "is logged")
		}
		return saw
	}
}

// closing says whether the body of a response was closed when the proxy
// returned.
func closing(t *testing.T, start starter, request, response string) string {
	backend, _ := recorder(t, response)
	body := new(closeNoter)
	seen := make(chan bool, 1)
	addr := start(t, backend, changingResponse(func(resp *http.Response) {
		body.ReadCloser = resp.Body
		if writer, ok := resp.Body.(io.Writer); ok {
			resp.Body = struct {
				*closeNoter
				io.Writer
			}{body, writer}
			return
		}
		resp.Body = body
	}), wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		defer func() { seen <- body.closed.Load() }()
		next.ServeHTTP(w, r)
	}))
	conn, in := dial(t, addr)
	io.WriteString(conn, request)
	responseOf(t, in, "GET")
	defer func() { body.ReadCloser.Close() }() // should the proxy not have done so
	return fmt.Sprint("closed: ", <-seen)
}

// closeNoter is a body that remembers that it was closed.
type closeNoter struct {
	io.ReadCloser
	closed atomic.Bool
}

func (c *closeNoter) Close() error {
	c.closed.Store(true)
	return c.ReadCloser.Close()
}

// endless is a reader of one byte, over and over.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}
