package main

import (
	"fmt"
	"io"
	"net/http"

	"github.com/meshhop/meshhop/ctxhdr"
)

// snippet: service

// greeting is a service in the middle: it asks another one, http://name, on
// behalf of each request. Three lines keep both in one trace.
func greeting(base http.RoundTripper) http.Handler {
	client := &http.Client{Transport: ctxhdr.Transport(base)} // 1: send the l5d-ctx-* headers on; nil is http.DefaultTransport
	app := func(w http.ResponseWriter, r *http.Request) {
		ask, _ := http.NewRequestWithContext(r.Context(), "GET", "http://name/", nil) // 2: in the context of the request
		answer, err := client.Do(ask)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		fmt.Fprint(w, "Hello ")
		io.Copy(w, answer.Body)
	}
	return ctxhdr.Middleware(http.HandlerFunc(app)) // 3: which remembers them
}

// end snippet
