// Package proxytest runs a configuration in a test: the servers of a piece of YAML, on
// real sockets of the loopback interface.
//
//	mesh := proxytest.Start(t, `
//	routers:
//	- protocol: http
//	  dtab: /svc => /$/inet/127.0.0.1/`+port+`
//	  servers: [{port: 0}]
//	`)
//	resp, err := mesh.Client("http").Get("http://hello/")
//	...
//	records := mesh.Wait(2) // the spans of the hop
//
// Everything is closed when the test ends.
package proxytest
