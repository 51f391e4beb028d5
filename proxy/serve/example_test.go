package serve_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/proxy/serve"
)

// A program serves until it is told to end, and then finishes what it has begun.
func Example() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := serve.New(handler, serve.Config{SoleListeners: true})
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()

	fmt.Println(get("http://" + listener.Addr().String()))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println("shutdown:", server.Shutdown(ctx))
	fmt.Println("serve:", <-served)
	// Output:
	// hello
	// shutdown: <nil>
	// serve: <nil>
}

// A new configuration becomes a new handler, and what the old one has open can be
// closed once its last request has ended.
func ExampleServer_Replace() {
	version := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := serve.New(version("one"), serve.Config{})
	go server.Serve(listener)
	defer server.Shutdown(context.Background())

	url := "http://" + listener.Addr().String()
	fmt.Println(get(url))
	ended := server.Replace(version("two"))
	fmt.Println(get(url))
	<-ended
	fmt.Println("the first handler has ended")
	// Output:
	// one
	// two
	// the first handler has ended
}

// get returns the body of a response.
func get(url string) string {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	return string(body)
}

// goodbye is a handler that asks for the end of connections by itself.
type goodbye struct{ draining atomic.Bool }

func (g *goodbye) Drain() { g.draining.Store(true) }

func (g *goodbye) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if g.draining.Load() {
		w.Header().Set("Connection", "close")
	}
	fmt.Fprint(w, "hello")
}

// A handler with a method Drain learns when the server is shut down.
func ExampleNew() {
	handler := new(goodbye)
	server := serve.New(handler, serve.Config{})
	fmt.Println(server.Shutdown(context.Background()), handler.draining.Load())
	// Output: <nil> true
}
