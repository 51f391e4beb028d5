package ingress_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router/ingress"
)

func ExampleNew() {
	var server k8stest.Server // in place of a cluster
	server.Apply(`{"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"shop","namespace":"shop"},"spec":{"rules":[{"host":"shop.test",
		"http":{"paths":[{"path":"/cart","pathType":"Prefix","backend":{"service":{"name":"cart","port":{"name":"http"}}}}]}}]}}`)
	client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	identifier, err := ingress.New(ingress.Config{Client: client})
	if err != nil {
		panic(err)
	}
	defer identifier.Close()
	fmt.Println(identifier.Identify(httptest.NewRequest("GET", "http://shop.test/cart/7", nil)))
	// Output: /shop/http/cart <nil>
}
