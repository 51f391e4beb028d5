// Package k8stest is a Kubernetes API server as a Go value, for tests: it holds
// Services, Endpoints, EndpointSlices, ConfigMaps and Ingresses, lists and
// watches them, and can fail in all the ways in which a real one does.
//
// The zero value is ready to use. It is an [http.Handler], for tests with
// sockets, and an [http.RoundTripper], for tests without:
//
//	var api k8stest.Server
//	api.Bind("default", "hello", "http", "10.0.0.1:8080")
//	client, err := k8s.NewClient(k8s.ClientConfig{Transport: &api})
//
// It behaves like Kubernetes 1.34 (observed), as far as a reader of these resources can
// tell: versions, bookmarks, errors as Status objects, an ERROR
// event with code 410 in a stream with status 200.
package k8stest
