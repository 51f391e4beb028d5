// Command retries is the services of the article in this folder's README.md: one server
// that behaves by the Host of a request.
//
//	go run ./examples/retries
package main

import (
	"fmt"
	"log"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:8001", services()))
}

// services is the server.
func services() http.Handler {
	var flaky atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Host {
		case "flaky": // every other request fails
			if flaky.Add(1)%2 == 1 {
				http.Error(w, "not now", http.StatusServiceUnavailable)
				return
			}
		case "down", "backoff":
			http.Error(w, "down", http.StatusInternalServerError)
			return
		case "slow", "bounded":
			select {
			case <-time.After(time.Minute):
			case <-r.Context().Done(): // nobody waits any more
				return
			}
		}
		if _, ok := ctxhdr.Deadlines(r.Header); ok {
			fmt.Fprintln(w, "hello, in time")
		} else {
			fmt.Fprintln(w, "hello, there is no hurry")
		}
	})
}
