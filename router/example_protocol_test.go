package router_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// startH2C starts a server that speaks HTTP/2 without TLS, and nothing else.
func startH2C() (server *httptest.Server, address resolve.Address) {
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s for %s", r.Proto, r.Host)
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	return server, resolve.Address{AddrPort: netip.MustParseAddrPort(server.Listener.Addr().String())}
}

func ExampleH2Transport() {
	server, address := startH2C()
	defer server.Close()
	transport := router.H2Transport(address, router.TransportConfig{})
	client := &http.Client{Transport: transport}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://web/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output: HTTP/2.0 for web <nil>
}

// A transport of a program's own calls EndpointTransport, and so speaks what the
// configuration asks for.
func ExampleEndpointTransport() {
	server, address := startH2C()
	defer server.Close()
	newTransport := func(address resolve.Address, config router.TransportConfig) http.RoundTripper {
		fmt.Println("it speaks", config.Protocol)
		return router.EndpointTransport(address, config)
	}
	client := &http.Client{Transport: newTransport(address, router.TransportConfig{Protocol: router.HTTP2})}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://web/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output:
	// it speaks h2
	// HTTP/2.0 for web <nil>
}
