package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// leavingConduct is what a backend notices of a client that leaves.
func leavingConduct() []conduct {
	return []conduct{
		{
			name: "the client leaves before the response",
			watch: func(t *testing.T, start starter) []string {
				arrived, gone := make(chan struct{}), make(chan struct{})
				backend := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					close(arrived)
					<-r.Context().Done()
					close(gone)
				}))
				ctx, leave := context.WithCancel(context.Background())
				go func() { <-arrived; leave() }()
				_, err := client(t).Do(to(t, start(t, backend), "GET", nil).WithContext(ctx))
				<-gone
				return []string{fmt.Sprint("canceled: ", errors.Is(err, context.Canceled)), "the backend is told"}
			},
			want: []string{"canceled: true", "the backend is told"},
		},
		{
			name: "the client leaves while it sends",
			watch: func(t *testing.T, start starter) []string {
				arrived, gone := make(chan struct{}), make(chan struct{})
				backend := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					close(arrived)
					io.Copy(io.Discard, r.Body)
					close(gone)
				}))
				conn, _ := dial(t, start(t, backend))
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\npart")
				<-arrived
				conn.Close()
				<-gone
				return []string{"the backend is told"}
			},
			want: []string{"the backend is told"},
		},
		{
			name: "the client leaves in the middle of the response",
			watch: func(t *testing.T, start starter) []string {
				gone := make(chan struct{})
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.Copy(w, endless('x'))
					<-r.Context().Done()
					close(gone)
				}))
				panics := make(chan any, 1)
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					defer func() { p := recover(); panics <- p; panic(p) }()
					next.ServeHTTP(w, r)
				}))
				conn, in := dial(t, addr)
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
				if _, err := io.CopyN(io.Discard, in, 1<<20); err != nil {
					t.Fatal(err)
				}
				conn.Close()
				<-gone
				return []string{"the backend is told", fmt.Sprint("panic: ", <-panics)}
			},
			want: []string{"the backend is told", "panic: net/http: abort Handler"},
		},
	}
}
