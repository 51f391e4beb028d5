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
	"os"
	"path/filepath"
	"time"

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
	resp, err := client.Get("http://web.example/hello") // goes to Addr, whatever the URL says
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
	// Output: web.example asked for /hello
}

// Config.Dial reaches endpoints that are not at a TCP address, such as a Unix socket. It may
// also return a TLS connection.
func ExampleConfig() {
	dir, err := os.MkdirTemp("", "h1")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	backend := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello over a Unix socket")
	})}
	go func() { _ = backend.Serve(listener) }()
	defer backend.Close()

	transport, err := h1.New(h1.Config{
		Addr: socket, // in errors
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		MaxConns:    10,
		IdleTimeout: 30 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	client := http.Client{Transport: transport}
	resp, err := client.Get("http://web.example/")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%s; %d connection\n", body, transport.Stats().Connects)
	// Output: hello over a Unix socket; 1 connection
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
