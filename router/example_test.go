package router_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

func ExampleNew() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s asked for %s", r.Header.Get("l5d-dst-service"), r.URL)
	}))
	defer server.Close()

	var namer resolvetest.Namer // in a program: fs.New, for example
	namer.Bind("/web", server.Listener.Addr().String())
	interpreter, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: &namer}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc => /#/fake"),
		Interpreter: interpreter,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()

	client := &http.Client{Transport: r}
	resp, err := client.Get("http://web/page")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output: /svc/web asked for /page <nil>
}

func ExampleHeaderToken() {
	r := httptest.NewRequest("GET", "http://Web:8080/page", nil)
	fmt.Println(router.HeaderToken("Host").Identify(r))
	// Output: /Web:8080 <nil>
}

func ExampleHeaderPath() {
	r := httptest.NewRequest("GET", "/page", nil)
	r.Header.Set("l5d-name", "/cities/paris")
	fmt.Println(router.HeaderPath("l5d-name").Identify(r))
	// Output: /cities/paris <nil>
}

func ExampleHeaderSegments() {
	call := httptest.NewRequest("POST", "/helloworld.Hello/Greeting", nil)
	fmt.Println(router.HeaderSegments(":path", 1).Identify(call))
	fmt.Println(router.HeaderSegments(":path", 2).Identify(call))
	// Output:
	// /helloworld.Hello <nil>
	// /helloworld.Hello/Greeting <nil>
}

func ExampleMethodAndHost() {
	r := httptest.NewRequest("GET", "http://Web/some/page", nil)
	fmt.Println(router.MethodAndHost(false).Identify(r))
	fmt.Println(router.MethodAndHost(true).Identify(r))
	// Output:
	// /1.1/GET/web <nil>
	// /1.1/GET/web/some/page <nil>
}

func ExamplePathSegments() {
	r := httptest.NewRequest("GET", "/cities/paris/streets?long", nil)
	fmt.Println(router.PathSegments(2, true).Identify(r))
	fmt.Println(r.URL.RequestURI())
	// Output:
	// /cities/paris <nil>
	// /streets?long
}

func ExampleStatic() {
	r := httptest.NewRequest("GET", "/page", nil)
	fmt.Println(router.Static(resolve.MustPath("/legacy")).Identify(r))
	// Output: /legacy <nil>
}

func ExampleFirstOf() {
	identifier := router.FirstOf(router.HeaderPath("l5d-name"), router.HeaderToken("Host"))
	r := httptest.NewRequest("GET", "http://web/", nil)
	fmt.Println(identifier.Identify(r))
	r.Header.Set("l5d-name", "/cities/paris")
	fmt.Println(identifier.Identify(r))
	// Output:
	// /web <nil>
	// /cities/paris <nil>
}

func ExampleHTTPTransport() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, whoever looks for %s", r.Host)
	}))
	defer server.Close()

	address := resolve.Address{AddrPort: netip.MustParseAddrPort(server.Listener.Addr().String()), Weight: 1}
	client := &http.Client{Transport: router.HTTPTransport(address, router.TransportConfig{})}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://web/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output: hello, whoever looks for web <nil>
}

func ExampleTransportConfig() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	address := resolve.Address{AddrPort: netip.MustParseAddrPort(server.Listener.Addr().String()), Weight: 1}

	limits := router.TransportConfig{MaxConns: 1, MaxWaiters: -1} // as router.Config.Transport they are for each replica
	client := &http.Client{Transport: router.H1Transport(address, limits)}
	defer client.CloseIdleConnections()
	first, err := client.Get("http://web/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer first.Body.Close() // the connection is its own until then
	_, err = client.Get("http://web/")
	fmt.Println(errors.Is(err, h1.ErrTooManyWaiters))
	// Output: true
}

func ExampleCheckHTTPTransport() {
	fmt.Println(router.CheckHTTPTransport(router.TransportConfig{MaxConns: 100, MaxLifetime: time.Hour}))
	// Output: router: HTTPTransport does not support MaxLifetime; H1Transport does
}

func ExampleNewBudget() {
	tenth, err := router.NewBudget(10*time.Second, 5, 0.1)
	if err != nil {
		fmt.Println(err)
		return
	}
	config := router.Config{
		Services: func(name resolve.Path) router.ServicePolicy {
			return router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: tenth}
		},
	}
	fmt.Println(config.Services(resolve.MustPath("/svc/web")).Budget == tenth)
	_, err = router.NewBudget(time.Hour, 5, 0.1)
	fmt.Println(err)
	// Output:
	// true
	// router: a budget's ttl must be from 1s to 1m, not 1h0m0s
}

func ExampleRetryableRead5XX() {
	get, put := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("PUT", "/", nil)
	broken := &http.Response{StatusCode: 503}
	read, idempotent := router.RetryableRead5XX(), router.RetryableIdempotent5XX()
	fmt.Println(read.Classify(get, broken, nil) == router.RetryableFailure, read.Classify(put, broken, nil) == router.Unclassified)
	fmt.Println(idempotent.Classify(put, broken, nil) == router.RetryableFailure)
	// Output:
	// true true
	// true
}

func ExampleAllSuccessful() {
	fmt.Println(router.AllSuccessful().Classify(nil, &http.Response{StatusCode: 500}, nil) == router.Success)
	// Output: true
}

func ExampleNonRetryable5XX() {
	fmt.Println(router.NonRetryable5XX().Classify(nil, &http.Response{StatusCode: 500}, nil) == router.Failure)
	// Output: true
}

func ExampleRetryableIdempotent5XX() {
	post := httptest.NewRequest("POST", "/", nil)
	fmt.Println(router.RetryableIdempotent5XX().Classify(post, &http.Response{StatusCode: 500}, nil) == router.Unclassified)
	// Output: true
}

func ExampleRetryableAll5XX() {
	post := httptest.NewRequest("POST", "/", nil)
	fmt.Println(router.RetryableAll5XX().Classify(post, &http.Response{StatusCode: 500}, nil) == router.RetryableFailure)
	// Output: true
}

// ended is a gRPC call that ended with this status in its trailers.
func ended(status string) *http.Response {
	return &http.Response{StatusCode: 200, Trailer: http.Header{"Grpc-Status": {status}}}
}

func ExampleWholeStream() {
	c := router.WholeStream(router.NonRetryable5XX())
	r, resp := httptest.NewRequest("GET", "/", nil), &http.Response{StatusCode: 200}
	fmt.Println(c.Classify(r, resp, nil) == router.Undecided, c.ClassifyEnd(r, resp, nil) == router.Success)
	// Output: true true
}

func ExampleGRPCDefault() {
	c := router.GRPCDefault()
	fmt.Println(c.ClassifyEnd(nil, ended("0"), nil) == router.Success)
	fmt.Println(c.ClassifyEnd(nil, ended("5"), nil) == router.Failure)
	fmt.Println(c.ClassifyEnd(nil, ended("14"), nil) == router.RetryableFailure)
	// Output:
	// true
	// true
	// true
}

func ExampleGRPCCompliant() {
	busy := &http.Response{StatusCode: 503}
	fmt.Println(router.GRPCCompliant().Classify(nil, busy, nil) == router.RetryableFailure)
	fmt.Println(router.GRPCDefault().Classify(nil, busy, nil) == router.Failure)
	// Output:
	// true
	// true
}

func ExampleGRPCAlwaysRetryable() {
	fmt.Println(router.GRPCAlwaysRetryable().ClassifyEnd(nil, ended("5"), nil) == router.RetryableFailure)
	// Output: true
}

func ExampleGRPCNeverRetryable() {
	notFound := 5
	fmt.Println(router.GRPCNeverRetryable(0, notFound).ClassifyEnd(nil, ended("5"), nil) == router.Success)
	fmt.Println(router.GRPCNeverRetryable().ClassifyEnd(nil, ended("14"), nil) == router.Failure)
	// Output:
	// true
	// true
}

func ExampleGRPCRetryableCodes() {
	c := router.GRPCRetryableCodes([]int{8, 14})
	fmt.Println(c.ClassifyEnd(nil, ended("8"), nil) == router.RetryableFailure)
	// Output: true
}
