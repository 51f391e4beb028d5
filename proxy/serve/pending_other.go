//go:build !unix

package serve

import "net"

// hasPendingInput reports whether there is something to read, which cannot be found
// out on this system.
func hasPendingInput(net.Conn) bool { return false }
