// Package h2spec runs the conformance tests of HTTP/2 named h2spec, which send frames that are
// right and wrong, through a hop, in the clear and by TLS. The file known.tsv has the tests
// that fail, and why; any other failure fails the test, and so does a test of that file that
// passes.
//
//	go test -C examples/h2spec ./...
//
// It is a module of its own, so that nobody who imports meshhop gets h2spec.
package h2spec
