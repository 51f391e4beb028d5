package k8s_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router"
)

// A unit test of routing to Services, without a cluster and without a socket.
func Example() {
	var api k8stest.Server
	api.Bind("default", "hello", "http", "10.0.0.1:7777@node-1")
	client, _ := k8s.NewClient(k8s.ClientConfig{Transport: &api})
	defer client.Close()
	namer, _ := k8s.New(k8s.Config{Client: client})
	names, _ := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.k8s"), Namer: namer}}})
	r, _ := router.New(router.Config{
		Interpreter: names,
		Dtab:        resolve.MustDtab("/svc => /#/io.l5d.k8s/default/http"),
		NewTransport: func(to resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return canned("hello from " + to.String() + " on " + to.NodeName)
		},
	})
	defer r.Close()
	resp, err := r.RoundTrip(httptest.NewRequest("GET", "http://hello/", nil))
	fmt.Println(text(resp), err)
	// Output: hello from 10.0.0.1:7777 on node-1 <nil>
}

func ExampleNew() {
	client, err := k8s.NewClient(k8s.ClientConfig{}) // kubectl proxy, localhost:8001
	if err != nil {
		panic(err)
	}
	defer client.Close()
	namer, err := k8s.New(k8s.Config{Client: client})
	if err != nil {
		panic(err)
	}
	// The API is asked when somebody observes what the name is bound to.
	name := namer.Lookup(resolve.MustPath("/default/http/hello"))
	fmt.Println(name.Sample().Status)
	// Output: pending
}

// The load balancers of a Service.
func ExampleNew_external() {
	var api k8stest.Server
	api.Apply(`{"kind": "Service", "metadata": {"name": "l5d"}, "spec": {"ports": [{"name": "incoming", "port": 4141}]},
		"status": {"loadBalancer": {"ingress": [{"ip": "172.30.1.90"}]}}}`)
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: &api})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	namer, err := k8s.New(k8s.Config{Client: client, External: true})
	if err != nil {
		panic(err)
	}
	tree, err := namer.Lookup(resolve.MustPath("/default/incoming/l5d")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	replicas, err := tree.Leaf.Bound.Addr.Wait(context.Background())
	fmt.Println(replicas.Addresses, err)
	// Output: [172.30.1.90:4141] <nil>
}

// In a pod, with its service account, Access{InCluster: true} is all that is needed.
func ExampleNewClient() {
	client, err := k8s.NewClient(k8s.ClientConfig{Access: k8s.Access{Host: "localhost", Port: 8001}})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	fmt.Println(client.Server())
	// Output: localhost:8001
}
