//go:build !unix

package h1

func (w *watch) input(finished bool) (bool, error) { return w.inputByReading(finished) }
