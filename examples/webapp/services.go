package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/meshhop/meshhop/ctxhdr"
)

// newWeb is the service web: it asks b, and then c. To keep the trace whole it
// needs what forwards: the middleware, and a client whose transport is a
// ctxhdr.Transport.
func newWeb(mesh http.RoundTripper, forward bool) http.Handler {
	if !forward {
		return &web{http.Client{Transport: mesh}}
	}
	return ctxhdr.Middleware(&web{http.Client{Transport: ctxhdr.Transport(mesh)}})
}

type web struct{ client http.Client }

func (s *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := s.ask(r.Context(), "http://b/")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	c, err := s.ask(r.Context(), "http://c/")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintf(w, "web, %s, %s\n", b, c)
}

// ask calls another service. The context is that of the request which web
// answers: it carries the headers.
func (s *web) ask(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %s", url, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return string(body), err
}

// says is a service that asks nobody.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) })
}
