package serve_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/proxy/serve"
)

// One port speaks HTTP/1.1 and HTTP/2.
func ExampleConfig_protocols() {
	var config serve.Config
	config.Protocols.SetHTTP1(true)
	config.Protocols.SetUnencryptedHTTP2(true) // by TLS: SetHTTP2, and Config.TLS
	config.HTTP2.MaxConcurrentStreams = 100
	s := serve.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }), config)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	for _, http2 := range []bool{false, true} {
		transport := &http.Transport{Protocols: new(http.Protocols)}
		transport.Protocols.SetHTTP1(!http2)
		transport.Protocols.SetUnencryptedHTTP2(http2)
		resp, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
		if err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(string(body))
		transport.CloseIdleConnections()
	}
	if err := s.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output:
	// HTTP/1.1
	// HTTP/2.0
}
