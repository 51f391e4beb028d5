package proxy_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
)

// trailerConduct is what becomes of the lines after a body.
func trailerConduct() []conduct {
	set := func(pairs ...string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for i := 0; i < len(pairs); i += 2 {
				w.Header().Add(pairs[i], pairs[i+1])
			}
		}
	}
	return []conduct{
		{
			name:  "trailers: announced",
			watch: trailing("X-Sum, X-Late", "body", set("X-Sum", "1", "X-Late", "2", "X-Late", "3")),
			want:  []string{"announced [X-Late X-Sum]", `body "body"`, "then map[X-Late:[2 3] X-Sum:[1]]"},
		},
		{
			name:  "trailers: a surprise",
			watch: trailing("", "body", set(http.TrailerPrefix+"X-Surprise", "3")),
			want:  []string{"announced []", `body "body"`, "then map[X-Surprise:[3]]"},
		},
		{
			name:  "trailers: announced, and a surprise",
			watch: trailing("X-Sum", "body", set("X-Sum", "1", http.TrailerPrefix+"X-Surprise", "3")),
			want:  []string{"announced [X-Sum]", `body "body"`, "then map[X-Sum:[1] X-Surprise:[3]]"},
		},
		{
			name:  "trailers: announced, and not sent",
			watch: trailing("X-Sum", "body", set()),
			want:  []string{"announced [X-Sum]", `body "body"`, "then map[X-Sum:[]]"},
		},
		{
			name:  "trailers: after no body",
			watch: trailing("X-Sum", "", set("X-Sum", "1")),
			want:  []string{"announced [X-Sum]", `body ""`, "then map[X-Sum:[1]]"},
		},
		{
			name:  "trailers: a surprise after no body",
			watch: trailing("", "", set(http.TrailerPrefix+"X-Surprise", "3")),
			want:  []string{"announced []", `body ""`, "then map[X-Surprise:[3]]"},
		},
		{
			name: "trailers: of a request",
			watch: func(t *testing.T, start starter) []string {
				got := make(chan string, 1)
				backend := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					announced := slices.Sorted(maps.Keys(r.Trailer))
					body, _ := io.ReadAll(r.Body)
					got <- fmt.Sprint(announced, " ", string(body), " ", r.Trailer)
				}))
				raw(t, start(t, backend), "POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nTrailer: X-A\r\nTrailer: X-B\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n")
				return []string{<-got}
			},
			want:  []string{"[X-A X-B] hi map[X-A:[1] X-B:[2]]"},
			stock: []string{"[X-A X-B] hi map[X-A:[] X-B:[]]"},
			why:   "httputil.ReverseProxy copies the trailers before they have come",
		},
		{
			name: "trailers: for a client of HTTP/1.0",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 200 OK\r\nTrailer: X-A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-A: 1\r\n\r\n")
				_, body := raw(t, start(t, backend), "GET / HTTP/1.0\r\nHost: web\r\n\r\n")
				return []string{body}
			},
			want: []string{"hi"},
		},
	}
}

// trailing watches a chunked response with trailers.
func trailing(announce, body string, after func(http.ResponseWriter)) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if announce != "" {
				w.Header().Set("Trailer", announce)
			}
			io.WriteString(w, body)
			http.NewResponseController(w).Flush()
			after(w)
		}))
		resp, err := client(t).Do(to(t, start(t, backend), "GET", nil))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		saw := []string{fmt.Sprint("announced ", slices.Sorted(maps.Keys(resp.Trailer)))}
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		then := map[string][]string(resp.Trailer)
		if then == nil {
			then = map[string][]string{}
		}
		return append(saw, fmt.Sprintf("body %q", got), fmt.Sprint("then ", then))
	}
}

// informationalConduct is what comes before the response.
func informationalConduct() []conduct {
	return []conduct{
		{
			name: "1xx: several, each with its lines",
			watch: func(t *testing.T, start starter) (saw []string) {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Add("Link", "<a>")
					w.Header().Add("Link", "<b>")
					w.WriteHeader(http.StatusEarlyHints)
					w.Header().Add("Link", "<c>")
					w.WriteHeader(http.StatusProcessing)
					io.WriteString(w, "Hello")
				}))
				note := func(code int, h map[string][]string) { saw = append(saw, fmt.Sprint(code, " ", h["Link"])) }
				ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
					Got1xxResponse: func(code int, h textproto.MIMEHeader) error { note(code, h); return nil },
				})
				resp, body := do(t, to(t, start(t, backend), "GET", nil).WithContext(ctx))
				note(resp.StatusCode, resp.Header)
				return append(saw, body)
			},
			want: []string{"103 [<a> <b>]", "102 [<a> <b> <c>]", "200 [<a> <b> <c>]", "Hello"},
		},
		{
			name: "1xx: its lines are not the response's",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nX-Hint: 1\r\n\r\nHTTP/1.1 199 Other\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
				head, rest := raw(t, start(t, backend), get(""))
				second, rest, _ := strings.Cut(rest, "\r\n\r\n")
				last, body, _ := strings.Cut(rest, "\r\n\r\n")
				return append(append(whole(head), whole(second)...), append(pick("< ", last, "Link", "X-Hint", "Content-Length"), body)...)
			},
			want: []string{"HTTP/1.1 103 Early Hints", "Link: <a>", "X-Hint: 1", "HTTP/1.1 199 status code 199", "< Content-Length: 2", "hi"},
		},
		{
			name: "1xx: what concerns one connection",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 103 Early Hints\r\nConnection: X-Token\r\nX-Token: 1\r\nUpgrade: x\r\nLink: <a>\r\n\r\n"+empty)
				head, _ := raw(t, start(t, backend), get(""))
				return whole(head)
			},
			want:  []string{"HTTP/1.1 103 Early Hints", "Link: <a>"},
			stock: []string{"HTTP/1.1 103 Early Hints", "Connection: X-Token", "Link: <a>", "Upgrade: x", "X-Token: 1"},
			why:   "it concerns one connection in these responses too",
		},
		{
			name: "1xx: what the writer's header had is the response's as well",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Ours: theirs\r\nLink: <a>\r\n\r\n"+empty)
				_, rest := raw(t, start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Ours", "1")
					next.ServeHTTP(w, r)
				})), get(""))
				hints, rest, _ := strings.Cut(rest, "\r\n\r\n")
				last, _, _ := strings.Cut(rest, "\r\n\r\n")
				return append(pick("1xx ", hints, "X-Ours", "Link"), pick("", last, "X-Ours", "Link")...)
			},
			want:  []string{"1xx X-Ours: theirs", "1xx Link: <a>", "X-Ours: 1"},
			stock: []string{"1xx X-Ours: theirs", "1xx Link: <a>"},
			why:   "whoever is in front of the proxy set it for the response, and cannot know that others come before",
		},
		{
			name: "1xx: none after the proxy has returned",
			watch: func(t *testing.T, start starter) []string {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					for range 50 {
						w.WriteHeader(http.StatusEarlyHints)
					}
				}))
				seen := make(chan int, 1)
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					ctx, cancel := context.WithCancel(r.Context())
					defer cancel()
					ours := &headWriter{h: http.Header{}, head: func(int) { cancel() }}
					next.ServeHTTP(ours, r.WithContext(ctx))
					seen <- len(ours.h) // a race, if the proxy still writes there
				}))
				raw(t, addr, get(""))
				<-seen
				return nil
			},
		},
	}
}

// headWriter is a writer that sends nothing.
type headWriter struct {
	h    http.Header
	head func(int)
}

func (w *headWriter) Header() http.Header         { return w.h }
func (w *headWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *headWriter) WriteHeader(code int)        { w.head(code) }
