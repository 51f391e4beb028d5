package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// flushConduct is when the client gets what the backend has sent.
func flushConduct() []conduct {
	head := func(lines ...string) map[string]string {
		h := map[string]string{}
		for i := 0; i < len(lines); i += 2 {
			h[lines[i]] = lines[i+1]
		}
		return h
	}
	all := []string{"head", "one", "two", "end"}
	return []conduct{
		{name: "flush: an unknown length", watch: slowly(nil), want: all},
		{name: "flush: events", watch: slowly(head("Content-Type", "text/event-stream")), want: all},
		{name: "flush: events of known length", watch: slowly(head("Content-Type", "text/event-stream", "Content-Length", "6")), want: all},
		{name: "flush: events with a parameter", watch: slowly(head("Content-Type", "text/event-stream; charset=utf-8", "Content-Length", "6")), want: all},
		{name: "flush: events written otherwise", watch: slowly(head("Content-Type", "Text/Event-Stream ;x=y", "Content-Length", "6")), want: all},
		{
			// httputil.ReverseProxy does this where FlushInterval is negative.
			name:  "flush: a known length, once there is a part of it",
			watch: parts(head("Content-Type", "text/plain", "Content-Length", "9"), []string{"one", "two", "six"}, flushing),
			want:  []string{"head", "one", "two", "six", "end"},
		},
		{
			name: "flush: behind middleware that can be unwrapped",
			watch: slowly(nil, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(&unwrappable{w}, r)
			})),
			want: all,
		},
		{
			name: "flush: behind middleware that cannot",
			watch: func(t *testing.T, start starter) []string {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "one")
					http.NewResponseController(w).Flush()
					io.WriteString(w, "two")
				}))
				_, got := do(t, to(t, start(t, backend, wrapped(bare)), "GET", nil))
				return []string{got}
			},
			want: []string{"onetwo"},
		},
	}
}

// slowly watches a backend that sends each part of its response only when the
// client has got the one before, first of all the head.
func slowly(head map[string]string, options ...around) func(*testing.T, starter) []string {
	return parts(head, []string{"", "one", "two"}, options...)
}

// parts watches a backend that sends each part of its response, the first one
// with the head, only when the client has got the one before.
func parts(head map[string]string, texts []string, options ...around) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		goOn := make(chan struct{})
		backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, value := range head {
				w.Header().Set(name, value)
			}
			for _, text := range texts {
				io.WriteString(w, text)
				http.NewResponseController(w).Flush()
				<-goOn
			}
		}))
		addr := start(t, backend, options...)
		defer close(goOn) // should the client give up
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		resp, err := client(t).Do(to(t, addr, "GET", nil).WithContext(ctx))
		if err != nil {
			return []string{"no head in time"}
		}
		defer resp.Body.Close()
		saw := []string{"head"}
		for _, text := range texts {
			if text != "" {
				part := make([]byte, len(text))
				if _, err := io.ReadFull(resp.Body, part); err != nil {
					return append(saw, err.Error())
				}
				saw = append(saw, string(part))
			}
			goOn <- struct{}{}
		}
		if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) > 0 {
			return append(saw, fmt.Sprintf("%q %v", rest, err))
		}
		return append(saw, "end")
	}
}

// unwrappable is a writer of middleware, as http.ResponseController knows it.
type unwrappable struct{ http.ResponseWriter }

func (u *unwrappable) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// bare hides everything but a writer's three methods.
func bare(next http.Handler, w http.ResponseWriter, r *http.Request) {
	next.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
}
