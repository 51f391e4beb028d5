package h1_test

import (
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/proxy/h1"
)

func ExampleNew() {
	server := h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s", r.URL.Query().Get("name"))
	})})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	served := make(chan error)
	go func() { served <- server.Serve(l) }()

	resp, err := http.Get("http://" + l.Addr().String() + "/?name=web")
	if err != nil {
		panic(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Println(resp.Status, string(body))

	http.DefaultClient.CloseIdleConnections()
	server.Close()
	fmt.Println(<-served)
	// Output:
	// 200 OK hello, web
	// http: Server closed
}
