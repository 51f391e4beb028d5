package helloworld_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/meshhop/meshhop/internal/helloworld"
)

func ExampleNew() {
	world, err := helloworld.New(helloworld.Config{Text: "world", Forward: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer world.Close()
	worldServer := httptest.NewServer(world)
	defer worldServer.Close()

	hello, err := helloworld.New(helloworld.Config{Text: "Hello", Target: worldServer.Listener.Addr().String(), Forward: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer hello.Close()
	helloServer := httptest.NewServer(hello)
	defer helloServer.Close()

	resp, err := http.Get(helloServer.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%s\n", body)
	// Output: Hello (127.0.0.1) world (127.0.0.1)!!
}

func ExampleParseProxy() {
	u, err := helloworld.ParseProxy("127.0.0.1:4140")
	fmt.Println(u, err)
	// Output: http://127.0.0.1:4140 <nil>
}
