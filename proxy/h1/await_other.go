//go:build !unix

package h1

// idler is for systems on which a connection can be waited for without a buffer.
type idler struct{}

func (c *conn) awaitInput() error { return c.awaitByReading() }
