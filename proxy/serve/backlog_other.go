//go:build !unix

package serve

func listenAgain(uintptr, int) error { return nil }
