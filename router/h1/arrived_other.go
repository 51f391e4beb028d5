//go:build !unix

package h1

// arrived is for systems on which a connection can be read without waiting.
type arrived struct{}

func (c *conn) readArrived([]byte) int { return 0 }
