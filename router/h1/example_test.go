package h1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/meshhop/meshhop/router/h1"
)

func ExampleNew() {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s asked for %s", r.Host, r.URL.Path)
	}))
	defer backend.Close()

	transport, err := h1.New(h1.Config{Addr: backend.Listener.Addr().String(), MaxIdle: 64})
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()

	client := http.Client{Transport: transport}
	resp, err := client.Get("http://web.example/hello") // whatever the URL says
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
	// Output: web.example asked for /hello
}

func ExampleError() {
	transport, err := h1.New(h1.Config{Dial: func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _, _ = far.Read(make([]byte, 1000)); far.Close() }()
		return near, nil
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	req, _ := http.NewRequest("POST", "http://web.example/", nil)
	_, err = transport.RoundTrip(req)

	var e *h1.Error
	if errors.As(err, &e) {
		fmt.Printf("op: %s; all written: %v; responded: %v\n", e.Op, e.WroteAll, e.Responded)
	}
	// Output: op: read response; all written: true; responded: false
}

func ExampleErrTooManyWaiters() {
	backend := httptest.NewServer(http.NotFoundHandler())
	defer backend.Close()
	transport, err := h1.New(h1.Config{Addr: backend.Listener.Addr().String(), MaxConns: 1, MaxWaiters: -1})
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	client := http.Client{Transport: transport}

	first, err := client.Get("http://web.example/") // it has the connection until its body is closed
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Get("http://web.example/")
	fmt.Println(errors.Is(err, h1.ErrTooManyWaiters))

	first.Body.Close()
	_, err = client.Get("http://web.example/")
	fmt.Println(err, transport.Stats().TooManyWaiters)
	// Output:
	// true
	// <nil> 1
}
