// Package resolvetest helps to test programs that use names, and namers.
//
// [Namer] is a namer that a test sets by hand; its zero value is ready:
//
//	var n resolvetest.Namer
//	n.Bind("/web", "127.0.0.1:8080", "127.0.0.1:8081")
//
// [TestNamer] checks that a namer keeps the rules of [resolve.Namer].
package resolvetest
